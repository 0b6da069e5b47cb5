// All objects in memory, the one rising resourceVersion, and the history that watches follow. Every change of the world goes
// through `commit`; what is stored is frozen, so reading hands out the stored object itself.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { deepFreeze } from "../json.ts";
import type { Persistence } from "./database.ts";
import { History } from "./history.ts";

export interface Commit {
  readonly storage: string;
  readonly key: string;
  readonly before: KubeObject | undefined;
  /** Undefined when it was deleted. */
  readonly after: KubeObject | undefined;
}

/** Objects of one resource, whatever version of it they are asked in. */
export class Collection {
  readonly objects = new Map<string, KubeObject>();
  readonly history: History;
  #sortedKeys: string[] | undefined;

  constructor(floor: number, historyLimit: number) {
    this.history = new History(floor, historyLimit);
  }

  /** In etcd's order: by namespace, then name. */
  sortedKeys(): readonly string[] {
    this.#sortedKeys ??= [...this.objects.keys()].sort(byCodeUnit);
    return this.#sortedKeys;
  }

  set(key: string, object: KubeObject | undefined): void {
    if (object === undefined) this.objects.delete(key);
    else if (this.objects.has(key)) {
      this.objects.set(key, object);
      return;
    } else this.objects.set(key, object);
    this.#sortedKeys = undefined;
  }
}

export class ObjectStore {
  #collections = new Map<string, Collection>();
  #persistence: Persistence;
  #historyLimit: number;
  #version: number;
  #listeners: ((commit: Commit) => void)[] = [];
  /** Objects by the uid of each of their owners. */
  #dependents = new Map<string, Set<string>>();

  constructor(persistence: Persistence, historyLimit: number) {
    this.#persistence = persistence;
    this.#historyLimit = historyLimit;
    const { version, rows } = persistence.load();
    this.#version = version;
    for (const row of rows) {
      const object = deepFreeze(JSON.parse(row.json) as KubeObject);
      this.collection(row.storage).set(row.key, object);
      this.#indexOwners(row.storage, row.key, undefined, object);
    }
  }

  /** The newest resourceVersion given out. */
  get version(): number {
    return this.#version;
  }

  collection(storage: string): Collection {
    let found = this.#collections.get(storage);
    if (found === undefined) {
      found = new Collection(this.#version, this.#historyLimit);
      this.#collections.set(storage, found);
    }
    return found;
  }

  collections(): IterableIterator<[string, Collection]> {
    return this.#collections.entries();
  }

  get(storage: string, key: string): KubeObject | undefined {
    return this.#collections.get(storage)?.objects.get(key);
  }

  /** Stores (or with undefined deletes) one object under a new resourceVersion and tells watchers and listeners. */
  commit(storage: string, key: string, after: KubeObject | undefined): KubeObject {
    const collection = this.collection(storage);
    const before = collection.objects.get(key);
    const subject = after ?? before;
    if (subject === undefined) throw new Error(`nothing to delete at ${storage} ${key}`);
    this.#version += 1;
    const object = deepFreeze(withVersion(subject, this.#version));
    collection.set(key, after === undefined ? undefined : object);
    if (after === undefined) this.#persistence.remove(storage, key, this.#version);
    else this.#persistence.put(storage, key, object, this.#version);
    this.#indexOwners(storage, key, before, after === undefined ? undefined : object);
    const type = after === undefined ? "DELETED" : before === undefined ? "ADDED" : "MODIFIED";
    collection.history.append({ version: this.#version, type, key, object, before });
    for (const listener of this.#listeners)
      listener({ storage, key, before, after: after === undefined ? undefined : object });
    return object;
  }

  onCommit(listener: (commit: Commit) => void): void {
    this.#listeners.push(listener);
  }

  /** Where the objects lie that name this uid as an owner. */
  dependentsOf(uid: string): { storage: string; key: string }[] {
    return [...(this.#dependents.get(uid) ?? [])].map((place) => {
      const cut = place.indexOf("|");
      return { storage: place.slice(0, cut), key: place.slice(cut + 1) };
    });
  }

  #indexOwners(storage: string, key: string, before?: KubeObject, after?: KubeObject): void {
    const place = `${storage}|${key}`;
    if (before?.metadata.ownerReferences === after?.metadata.ownerReferences) return;
    for (const { uid } of before?.metadata.ownerReferences ?? []) {
      const places = this.#dependents.get(uid);
      places?.delete(place);
      if (places?.size === 0) this.#dependents.delete(uid);
    }
    for (const { uid } of after?.metadata.ownerReferences ?? []) {
      const places = this.#dependents.get(uid) ?? new Set();
      this.#dependents.set(uid, places.add(place));
    }
  }
}

/** The store's key of an object: "namespace/name", "/name" for cluster-scoped ones. */
export function storeKey({ namespace, name }: { namespace?: string; name: string }): string {
  return `${namespace ?? ""}/${name}`;
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
