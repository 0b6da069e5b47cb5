// A local, always current copy of one resource: list, then watch, then on from the last version whenever the stream ends or
// fails. The stream never stays dead: any error backs off with jitter and goes on from where it was; 410 lists anew; a
// stream that falls silent is opened again.

import type { KubeObject, ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import type { Clock } from "../ports/clock.ts";
import { type Cluster, ClusterError, isClusterError, type WatchEvent } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import { listPages } from "./list-pages.ts";
import { guardSilence } from "./silence-guard.ts";

export interface InformerOptions<T extends KubeObject = KubeObject> {
  cluster: Cluster;
  resource: Resource;
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  /** What is kept of each object; absent: all of it. Name, namespace and resourceVersion must stay as they are. */
  keep?: (object: KubeObject) => T;
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
/** A stream that ends sooner without a word has failed, whatever it says. */
const SHORT_STREAM_MS = 1_000;
/** Bookmarks come every 60-75 s from a real server. */
const SILENCE_CHECK_MS = 90_000;
/** As client-go asks: between this and twice this the server ends the stream, so that load spreads over its replicas. */
const STREAM_LENGTH_MS = 300_000;
/** So many refusals in a row may mean that the server has forgotten our version without saying 410 (a restored backup). */
const REFUSALS_BEFORE_LISTING = 3;

/** Call `start` once; read with `get` and `list` after `synced`. Objects are shared: never change them. */
export class Informer<T extends KubeObject> {
  readonly synced: Promise<void>;
  #options: InformerOptions<T>;
  #objects = new Map<string, T>();
  #listeners = new Set<(change: Change<T>) => void>();
  #markSynced!: () => void;
  #hasSynced = false;
  #lastError: unknown;
  /** What the copy is at; undefined: list anew. */
  #version: string | undefined;
  /** In a row, since the stream last gave something. */
  #failures = 0;
  #refusals = 0;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Runs until the signal aborts. Resolves then; never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#relist();
        await this.#follow(this.#version, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
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
    const list = await listPages(cluster, resource, { namespace, labelSelector }, (item) => this.#keep(item));
    const fresh = new Set(list.items.map((item) => keyText(item.metadata)));
    for (const [text, object] of this.#objects) if (!fresh.has(text)) this.#set(object.metadata, undefined);
    for (const item of list.items) this.#set(item.metadata, item);
    this.#hasSynced = true;
    this.#markSynced();
    return list.resourceVersion;
  }

  /** Applies changes until the stream ends. Throws when it ended so that one must wait before the next. */
  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { cluster, resource, namespace, labelSelector, clock, jitter = () => 0 } = this.#options;
    const timeoutMs = Math.round(STREAM_LENGTH_MS * (1 + jitter()));
    const guard = guardSilence(clock, SILENCE_CHECK_MS, signal);
    const options = {
      namespace,
      labelSelector,
      resourceVersion,
      allowBookmarks: true,
      timeoutMs,
      signal: guard.signal,
    };
    const startedAtMs = clock.now();
    let isEmpty = true;
    try {
      for await (const event of cluster.watch(resource, options)) {
        isEmpty = false;
        guard.heard();
        this.#take(event);
      }
    } finally {
      guard.release();
    }
    if (signal.aborted) return;
    if (guard.isSilent)
      throw new ClusterError("Unreachable", "neither a change nor a bookmark came: the stream is dead");
    if (isEmpty && Math.abs(clock.now() - startedAtMs) < SHORT_STREAM_MS)
      throw new ClusterError("Unreachable", "the stream ended as soon as it began");
    this.#isWell();
  }

  #take(event: WatchEvent<KubeObject>): void {
    const { object } = event;
    if (event.type === "DELETED") this.#set(object.metadata as T["metadata"], undefined);
    else if (event.type !== "BOOKMARK") this.#set(event.object.metadata, this.#keep(event.object));
    else if (isOlder(object.metadata.resourceVersion, this.#version))
      throw new ClusterError("Expired", "the server's versions went back, as after a restored backup");
    this.#version = object.metadata.resourceVersion ?? this.#version;
    this.#isWell();
  }

  #isWell(): void {
    this.#failures = 0;
    this.#refusals = 0;
    this.#lastError = undefined;
  }

  /** The first 410 lists anew at once; everything else waits, ever longer, and goes on from the same version. */
  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { resource, log } = this.#options;
    this.#lastError = error;
    this.#failures += 1;
    if (!isClusterError(error, "Unreachable", "TooManyRequests") && isClusterError(error)) this.#refusals += 1;
    const isExpired = isClusterError(error, "Expired");
    if (isExpired || this.#refusals >= REFUSALS_BEFORE_LISTING) {
      this.#version = undefined;
      this.#refusals = 0;
    }
    if (isExpired && this.#failures === 1) return;
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (this.#failures - 1), MAX_BACKOFF_MS);
    log.warn("watch broken, trying again", { resource: resource.plural, backoffMs, error: String(error) });
    await this.#pause(backoffMs, error, signal);
  }

  #keep(object: KubeObject): T {
    const { keep } = this.#options;
    return keep === undefined ? (object as T) : keep(object);
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

  #pause(backoffMs: number, error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, jitter = () => 0 } = this.#options;
    const askedMs = (isClusterError(error) ? error.retryAfterMs : undefined) ?? 0;
    return new Promise((resolve) => {
      const cancel = clock.after(Math.max(backoffMs * (0.5 + jitter()), askedMs), finish);
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

/** Versions are whole numbers: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
function isOlder(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined || !/^\d+$/.test(version) || !/^\d+$/.test(than)) return false;
  return BigInt(version) < BigInt(than);
}
