// Keys to reconcile: each once at a time, never forgotten, later again after a failure. The reconcile function gets a
// name, reads the world and may run twice.

import type { Clock } from "../../ports/clock.ts";
import { isClusterError } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";

export interface QueueOptions {
  name: string;
  clock: Clock;
  log: Log;
  reconcile: (key: string) => Promise<void>;
}

const FIRST_RETRY_MS = 20;
const MAX_RETRY_MS = 10_000;

export class KeyQueue {
  #options: QueueOptions;
  #waiting = new Set<string>();
  #running = new Set<string>();
  #failures = new Map<string, number>();
  #timers = new Map<string, () => void>();
  #idleWaiters: (() => void)[] = [];
  #stopped = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#stopped || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    if (!this.#running.has(key)) queueMicrotask(() => void this.#run(key));
  }

  /** The earliest wins when there are several. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    this.#timers.get(key)?.();
    const cancel = this.#options.clock.after(Math.max(0, delayMs), () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, cancel);
  }

  /** Resolves when nothing waits or runs; retries that wait for their time do not count. */
  idle(): Promise<void> {
    if (this.#waiting.size + this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    for (const cancel of this.#timers.values()) cancel();
  }

  async #run(key: string): Promise<void> {
    if (!this.#waiting.delete(key) || this.#running.has(key)) return;
    this.#running.add(key);
    try {
      await this.#options.reconcile(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retry(key, error);
    }
    this.#running.delete(key);
    if (this.#waiting.has(key)) void this.#run(key);
    else if (this.#waiting.size + this.#running.size === 0) for (const done of this.#idleWaiters.splice(0)) done();
  }

  #retry(key: string, error: unknown): void {
    if (this.#stopped) return;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    // Somebody else wrote first: nothing worth a word, unless it goes on.
    const expected = isClusterError(error, "Conflict", "NotFound", "AlreadyExists") && failures < 5;
    const { log, name } = this.#options;
    if (!expected) log.warn(`${name} failed, trying again`, { key, delayMs, error: String(error) });
    this.addAfter(key, delayMs);
  }
}
