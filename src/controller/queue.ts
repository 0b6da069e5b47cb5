// One key at a time: a key that is woken while its pass runs gets exactly one more pass. Keys do not wait for each other.
// A pass says when to look again; one that throws is tried again later, ever more patiently, and any wake cuts that short:
// an abort never sits out a back-off.

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

export interface QueueOptions {
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
  /** One pass; resolves to the time of the next look, if one is needed. */
  run: (key: string) => Promise<number | undefined>;
}

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 30_000;

interface Entry {
  running: boolean;
  dirty: boolean;
  failures: number;
  cancelTimer: (() => void) | undefined;
}

export class Queue {
  #options: QueueOptions;
  #entries = new Map<string, Entry>();
  #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  wake(key: string): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    entry.dirty = true;
    if (entry.running) return;
    entry.running = true;
    const drive = this.#drive(key, entry);
    this.#running.add(drive);
    void drive.finally(() => this.#running.delete(drive));
  }

  /** Wakes the key after the delay, unless it is woken before. */
  wakeAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    const entry = this.#entry(key);
    const cancelBefore = entry.cancelTimer;
    const cancel = this.#options.clock.after(delayMs, () => this.wake(key));
    entry.cancelTimer = () => {
      cancelBefore?.();
      cancel();
    };
  }

  /** No pass begins any more; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const entry of this.#entries.values()) entry.cancelTimer?.();
    await Promise.all(this.#running);
  }

  #entry(key: string): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { running: false, dirty: false, failures: 0, cancelTimer: undefined };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  async #drive(key: string, entry: Entry): Promise<void> {
    await Promise.resolve(); // wakes of one moment become one pass
    while (entry.dirty && !this.#stopped) {
      entry.dirty = false;
      entry.cancelTimer?.();
      entry.cancelTimer = undefined;
      await this.#pass(key, entry);
    }
    entry.running = false;
    if (entry.cancelTimer === undefined) this.#entries.delete(key);
  }

  async #pass(key: string, entry: Entry): Promise<void> {
    const { clock, log, random, run } = this.#options;
    try {
      const nextLookAtMs = await run(key);
      entry.failures = 0;
      if (nextLookAtMs !== undefined) this.wakeAfter(key, Math.max(0, nextLookAtMs - clock.now()));
    } catch (error) {
      const delayMs = Math.min(FIRST_BACKOFF_MS * 2 ** entry.failures, MAX_BACKOFF_MS) * (0.5 + random());
      entry.failures += 1;
      log.warn("pass failed, trying again", { canary: key, delayMs: Math.round(delayMs), error: String(error) });
      this.wakeAfter(key, delayMs);
    }
  }
}
