// The watch window of one resource: the newest changes in order. Watchers hold a cursor into it, so a slow one costs no memory;
// one that falls behind the window gets 410 Expired and lists again.

import type { KubeObject } from "../../../core/kubernetes/object.ts";

export interface HistoryEvent {
  /** The resourceVersion of the change. */
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly key: string;
  /** The object after the change; on DELETED its last state, with the version of the deletion. */
  readonly object: KubeObject;
  readonly before: KubeObject | undefined;
}

export class History {
  #events: HistoryEvent[] = [];
  /** Sequence number of the first kept event. */
  #firstSequence = 0;
  /** Changes after this version are all kept. */
  #floor: number;
  #limit: number;
  #waiting = new Set<() => void>();

  constructor(floor: number, limit: number) {
    this.#floor = floor;
    this.#limit = limit;
  }

  append(event: HistoryEvent): void {
    this.#events.push(event);
    // Dropping in blocks keeps appending cheap: the window holds between one and two times its limit.
    if (this.#events.length >= this.#limit * 2) this.drop(this.#limit);
    for (const wake of this.#waiting) wake();
  }

  /** Forgets the oldest events. */
  drop(count: number): void {
    const dropped = this.#events.splice(0, count);
    this.#firstSequence += dropped.length;
    this.#floor = dropped.at(-1)?.version ?? this.#floor;
  }

  /** Changes after this version can be had. */
  get floor(): number {
    return this.#floor;
  }

  /** The cursor behind which only newer changes lie, or undefined when that version is no longer kept. */
  cursorAfter(version: number): number | undefined {
    if (version < this.#floor) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.version <= version) low = middle + 1;
      else high = middle;
    }
    return this.#firstSequence + low;
  }

  /** The event at a cursor; undefined when there is none yet; "lost" when it was dropped. */
  at(cursor: number): HistoryEvent | undefined | "lost" {
    if (cursor < this.#firstSequence) return "lost";
    return this.#events[cursor - this.#firstSequence];
  }

  /** Events after the version, newest first; undefined when they are not all kept. */
  newestFirstAfter(version: number): HistoryEvent[] | undefined {
    const cursor = this.cursorAfter(version);
    return cursor === undefined ? undefined : this.#events.slice(cursor - this.#firstSequence).reverse();
  }

  /** Calls back at the next change, any number of times, until the returned function is called. */
  onAppend(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}
