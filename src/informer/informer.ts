// A local, always current copy of one resource: list, then watch, then again whenever the stream ends or fails.
// The stream never stays dead: any error backs off with jitter and goes on; 410 lists anew.

import type { KubeObject, ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import type { Clock } from "../ports/clock.ts";
import { type Cluster, isClusterError, type WatchEvent } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";

export interface InformerOptions {
  cluster: Cluster;
  resource: Resource;
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  clock: Clock;
  log: Log;
  /** In [0, 1); spreads the restarts of many informers. */
  jitter?: () => number;
}

export interface Change<T> {
  /** The object as it is now; undefined when it is gone. */
  object: T | undefined;
  /** The object as it was in the copy before; undefined when it is new. */
  before: T | undefined;
  key: ObjectKey;
}

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;

/** Call `start` once; read with `get` and `list` after `synced`. Objects are shared: never change them. */
export class Informer<T extends KubeObject> {
  readonly synced: Promise<void>;
  #options: InformerOptions;
  #objects = new Map<string, T>();
  #listeners = new Set<(change: Change<T>) => void>();
  #markSynced!: () => void;
  #hasSynced = false;
  #lastError: unknown;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Runs until the signal aborts. Resolves then; never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    let version: string | undefined;
    while (!signal.aborted) {
      try {
        version ??= await this.#relist();
        backoffMs = FIRST_BACKOFF_MS;
        version = await this.#follow(version, signal);
        this.#lastError = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.#lastError = error;
        if (isClusterError(error, "Expired")) version = undefined;
        else {
          const { resource, log } = this.#options;
          log.warn("watch broken, trying again", { resource: resource.plural, backoffMs, error: String(error) });
          await this.#pause(backoffMs, signal);
          backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
          version = undefined;
        }
      }
    }
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key));
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** True once the first list is in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** The error that the stream is recovering from, if any. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Called after each change of the copy, in order. Returns the unsubscribe function. */
  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #relist(): Promise<string> {
    const { cluster, resource, namespace, labelSelector } = this.#options;
    const list = await cluster.list<T>(resource, { namespace, labelSelector });
    const fresh = new Set(list.items.map((item) => keyText(item.metadata)));
    for (const [text, object] of this.#objects) if (!fresh.has(text)) this.#set(object.metadata, undefined);
    for (const item of list.items) this.#set(item.metadata, item);
    this.#hasSynced = true;
    this.#markSynced();
    return list.resourceVersion;
  }

  /** Applies changes until the stream ends; returns the version to go on from. */
  async #follow(from: string, signal: AbortSignal): Promise<string> {
    const { cluster, resource, namespace, labelSelector } = this.#options;
    let version = from;
    const stream = cluster.watch<T>(resource, {
      namespace,
      labelSelector,
      resourceVersion: from,
      allowBookmarks: true,
      signal,
    });
    for await (const event of stream) version = this.#take(event) ?? version;
    return version;
  }

  #take(event: WatchEvent<T>): string | undefined {
    if (event.type === "DELETED") this.#set(event.object.metadata, undefined);
    else if (event.type !== "BOOKMARK") this.#set(event.object.metadata, event.object);
    return event.object.metadata.resourceVersion;
  }

  #set(key: ObjectKey, object: T | undefined): void {
    const text = keyText(key);
    const before = this.#objects.get(text);
    if (before === undefined && object === undefined) return;
    if (before !== undefined && before.metadata.resourceVersion === object?.metadata.resourceVersion) return;
    if (object === undefined) this.#objects.delete(text);
    else this.#objects.set(text, object);
    const change = { object, before, key: { namespace: key.namespace, name: key.name } };
    for (const listener of this.#listeners) listener(change);
  }

  #pause(backoffMs: number, signal: AbortSignal): Promise<void> {
    const { clock, jitter = () => 0 } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.after(backoffMs * (0.5 + jitter()), finish);
      signal.addEventListener("abort", finish, { once: true });
      function finish() {
        cancel();
        signal.removeEventListener("abort", finish);
        resolve();
      }
    });
  }
}

function keyText({ namespace, name }: ObjectKey): string {
  return `${namespace ?? ""}/${name}`;
}
