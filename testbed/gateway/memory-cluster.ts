// The least cluster that the gateway can live on: objects in maps, watches, merge patches. For tests of the gateway alone;
// the sandbox's own API has its conformance suite elsewhere.

import type { KubeObject, ObjectKey } from "../../src/core/kubernetes/object.ts";
import type { Resource } from "../../src/core/kubernetes/resource.ts";
import { type Cluster, ClusterError, type ObjectList, type Patch, type WatchEvent } from "../../src/ports/cluster.ts";

type Watcher = (event: WatchEvent<KubeObject>) => void;

export class MemoryCluster implements Cluster {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  #version = 100;

  async get<T extends KubeObject>(resource: Resource, key: ObjectKey): Promise<T> {
    return this.#find(resource, key) as T;
  }

  async list<T extends KubeObject>(resource: Resource): Promise<ObjectList<T>> {
    return { items: [...this.#of(resource).values()] as T[], resourceVersion: String(this.#version) };
  }

  async *watch<T extends KubeObject>(
    resource: Resource,
    { signal }: { signal?: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    const queue: WatchEvent<KubeObject>[] = [];
    let wake = () => {};
    const watcher: Watcher = (event) => {
      queue.push(event);
      wake();
    };
    const watchers = this.#watchers.get(resource.plural) ?? new Set();
    this.#watchers.set(resource.plural, watchers.add(watcher));
    signal?.addEventListener("abort", () => wake());
    while (!isAborted(signal)) {
      while (queue.length > 0) yield queue.shift() as WatchEvent<T>;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    watchers.delete(watcher);
  }

  async create<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const name = object.metadata.name || `${object.metadata.generateName}${this.#version}`;
    const metadata = { ...object.metadata, name, uid: `uid-${this.#version}`, creationTimestamp: time(this.#version) };
    if (this.#of(resource).has(keyText(metadata))) throw new ClusterError("AlreadyExists", `${name} exists`);
    return this.#store(resource, { ...object, metadata }, "ADDED") as T;
  }

  async update<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const { metadata } = this.#find(resource, object.metadata);
    return this.#store(resource, { ...object, metadata: { ...metadata, ...object.metadata } }, "MODIFIED") as T;
  }

  async patch<T extends KubeObject>(resource: Resource, key: ObjectKey, patch: Patch): Promise<T> {
    if (patch.type !== "merge") throw new ClusterError("BadRequest", `${patch.type} patches are not known here`);
    return this.#store(resource, merge(this.#find(resource, key), patch.body) as KubeObject, "MODIFIED") as T;
  }

  apply<T extends KubeObject>(): Promise<T> {
    throw new ClusterError("BadRequest", "apply is not known here");
  }

  async delete(resource: Resource, key: ObjectKey): Promise<void> {
    const object = this.#find(resource, key);
    this.#of(resource).delete(keyText(key));
    this.#version++;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    for (const watcher of this.#watchers.get(resource.plural) ?? [])
      watcher({ type: "DELETED", object: { ...object, metadata } });
  }

  #of(resource: Resource): Map<string, KubeObject> {
    const objects = this.#objects.get(resource.plural) ?? new Map<string, KubeObject>();
    this.#objects.set(resource.plural, objects);
    return objects;
  }

  #find(resource: Resource, key: ObjectKey): KubeObject {
    const object = this.#of(resource).get(keyText(key));
    if (object === undefined) throw new ClusterError("NotFound", `${resource.plural} "${key.name}" not found`);
    return object;
  }

  #store(resource: Resource, object: KubeObject, type: "ADDED" | "MODIFIED"): KubeObject {
    this.#version++;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#of(resource).set(keyText(stored.metadata), stored);
    for (const watcher of this.#watchers.get(resource.plural) ?? []) watcher({ type, object: stored });
    return stored;
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function keyText({ namespace, name }: ObjectKey): string {
  return `${namespace ?? ""}/${name}`;
}

function time(version: number): string {
  return new Date(Date.UTC(2026, 0, 1) + version * 1_000).toISOString();
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}
