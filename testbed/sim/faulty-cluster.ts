// The cluster port as one process sees it on a bad day: calls fail before or after they took effect, conflicts come from
// nowhere, watches break, and the process itself can die right after any write. The world behind it stays whole.

import type { KubeObject, ObjectKey } from "../../src/core/kubernetes/object.ts";
import type { Resource } from "../../src/core/kubernetes/resource.ts";
import {
  type ApplyOptions,
  type Cluster,
  ClusterError,
  type DeleteOptions,
  type ListOptions,
  type ObjectList,
  type Patch,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from "../../src/ports/cluster.ts";
import type { Random } from "./random.ts";

export interface Faults {
  /** Share of calls that fail without effect. */
  unreachable: number;
  /** Share of writes whose effect happens but whose answer is lost. */
  lostAnswer: number;
  /** Share of writes that are refused with a conflict. */
  conflict: number;
  /** Share of watch events after which the stream breaks. */
  brokenWatch: number;
  /** Share of broken streams that end with 410 instead of a plain error. */
  expired: number;
  /** The process dies after this many writes (their effect included); undefined: it lives. */
  dieAfterWrites?: number;
}

export const NO_FAULTS: Faults = { unreachable: 0, lostAnswer: 0, conflict: 0, brokenWatch: 0, expired: 0 };

export class FaultyCluster implements Cluster {
  #real: Cluster;
  #random: Random;
  #faults: Faults;
  #writes = 0;
  #dead = false;
  #onDeath: () => void;
  #streams = new Set<AbortController>();

  constructor(real: Cluster, random: Random, faults: Faults, onDeath: () => void = () => {}) {
    this.#real = real;
    this.#random = random;
    this.#faults = faults;
    this.#onDeath = onDeath;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Faults stop (or change) from here on; a dead process stays dead. */
  set faults(faults: Faults) {
    this.#faults = faults;
  }

  /** The process ends here: no call of it has an effect any more, its streams are cut. */
  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const stream of this.#streams) stream.abort();
    this.#onDeath();
  }

  /** Cuts every open watch, as a restart of the API server does. */
  breakWatches(): void {
    for (const stream of this.#streams) stream.abort();
  }

  get<T extends KubeObject>(resource: Resource, key: ObjectKey): Promise<T> {
    return this.#call(() => this.#real.get<T>(resource, key));
  }

  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<ObjectList<T>> {
    return this.#call(() => this.#real.list<T>(resource, options));
  }

  async *watch<T extends KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    this.#throwIfCut();
    const cut = new AbortController();
    this.#streams.add(cut);
    const signal = options.signal === undefined ? cut.signal : AbortSignal.any([cut.signal, options.signal]);
    try {
      for await (const event of this.#real.watch<T>(resource, { ...options, signal })) {
        if (this.#dead) throw unreachable("the process is dead");
        yield event;
        if (this.#random.chance(this.#faults.brokenWatch)) {
          if (this.#random.chance(this.#faults.expired)) throw new ClusterError("Expired", "too old resource version");
          throw unreachable("the stream broke");
        }
      }
      if (cut.signal.aborted && !options.signal?.aborted) throw unreachable("the stream was cut");
    } finally {
      this.#streams.delete(cut);
    }
  }

  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T> {
    return this.#write(() => this.#real.create(resource, object, options));
  }

  update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T> {
    return this.#write(() => this.#real.update(resource, object, options));
  }

  patch<T extends KubeObject>(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<T> {
    return this.#write(() => this.#real.patch<T>(resource, key, patch, options));
  }

  apply<T extends KubeObject>(resource: Resource, object: Partial<T>, options: ApplyOptions): Promise<T> {
    return this.#write(() => this.#real.apply<T>(resource, object, options));
  }

  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void> {
    return this.#write(() => this.#real.delete(resource, key, options));
  }

  async #call<R>(run: () => Promise<R>): Promise<R> {
    this.#throwIfCut();
    const result = await run();
    if (this.#dead) throw unreachable("the process is dead");
    return result;
  }

  async #write<R>(run: () => Promise<R>): Promise<R> {
    this.#throwIfCut();
    if (this.#random.chance(this.#faults.conflict)) throw new ClusterError("Conflict", "planted conflict");
    const lost = this.#random.chance(this.#faults.lostAnswer);
    const result = await run();
    this.#writes += 1;
    if (this.#writes === this.#faults.dieAfterWrites) this.kill();
    if (this.#dead) throw unreachable("the process is dead");
    if (lost) throw unreachable("the answer was lost");
    return result;
  }

  #throwIfCut(): void {
    if (this.#dead) throw unreachable("the process is dead");
    if (this.#random.chance(this.#faults.unreachable)) throw unreachable("planted failure");
  }
}

function unreachable(message: string): ClusterError {
  return new ClusterError("Unreachable", message);
}
