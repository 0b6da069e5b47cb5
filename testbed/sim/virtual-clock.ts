// Time under a test's control. Timers run on a monotonic line; `now` is that line plus an offset that may jump, as a
// machine's wall clock does.

import type { Clock } from "../../src/ports/clock.ts";

interface Timer {
  atMs: number;
  order: number;
  run: () => void;
}

export class VirtualClock implements Clock {
  #lineMs = 0;
  #offsetMs: number;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#offsetMs = startMs;
  }

  now(): number {
    return this.#lineMs + this.#offsetMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#lineMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Milliseconds since the clock was made, untouched by jumps. */
  get elapsedMs(): number {
    return this.#lineMs;
  }

  /** The wall clock is set forward or back; timers do not notice. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Runs all timers that fall due in the next `durationMs`, letting promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#lineMs + durationMs;
    await settle();
    for (let next = this.#takeDue(endMs); next !== undefined; next = this.#takeDue(endMs)) {
      this.#lineMs = Math.max(this.#lineMs, next.atMs);
      next.run();
      await settle();
    }
    this.#lineMs = endMs;
  }

  #takeDue(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (first === undefined || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order))
        first = timer;
    if (first === undefined || first.atMs > endMs) return undefined;
    this.#timers = this.#timers.filter((each) => each !== first);
    return first;
  }
}

/** Lets everything that waits on promises go on until nothing moves: macrotasks come after all microtasks. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
