// Waiting that can be called off.

import type { Clock } from "../../ports/clock.ts";

const ALIVE_MS = 60_000;

/** Throws the signal's reason when it aborts before the time is over. */
export function pause(clock: Clock, durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // A timer of the clock does not keep the process alive; somebody who waits must.
    const alive = setInterval(() => {}, ALIVE_MS);
    const cancel = clock.after(durationMs, () => {
      clearInterval(alive);
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
    function abort(): void {
      clearInterval(alive);
      cancel();
      reject(signal?.reason as Error);
    }
  });
}
