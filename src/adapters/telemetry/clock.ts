// The real clock behind the Clock port.

import type { Clock } from "../../ports/clock.ts";

/** Node fires a longer timer at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function systemClock(): Clock {
  return { now: () => Date.now(), after };
}

function after(delayMs: number, run: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const nowMs = Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS);
    timer = setTimeout(() => (leftMs > nowMs ? arm(leftMs - nowMs) : run()), nowMs);
    timer.unref();
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}
