// Values that are dear to get and go stale: tokens, certificates, what a plugin printed.

import type { Clock } from "../../ports/clock.ts";

export interface Loaded<T> {
  value: T;
  untilMs: number;
}

export interface Cached<T> {
  get(): Promise<T>;
  /** The next `get` loads anew. */
  forget(): void;
  /** What `get` gave last. */
  readonly last: T | undefined;
}

/** Callers that come while it is loading share one load. A load that fails is not kept. */
export function cached<T>(clock: Clock, load: (last: T | undefined) => Promise<Loaded<T>>): Cached<T> {
  let last: T | undefined;
  let current: { promise: Promise<Loaded<T>>; untilMs: number } | undefined;

  function begin(): { promise: Promise<Loaded<T>>; untilMs: number } {
    const entry = { promise: load(last), untilMs: Number.POSITIVE_INFINITY };
    entry.promise.then(
      ({ value, untilMs }) => {
        last = value;
        entry.untilMs = untilMs;
      },
      () => {
        if (current === entry) current = undefined;
      },
    );
    return entry;
  }

  return {
    async get() {
      if (current === undefined || clock.now() >= current.untilMs) current = begin();
      return (await current.promise).value;
    },
    forget() {
      current = undefined;
    },
    get last() {
      return last;
    },
  };
}
