// Our own limit on requests, so that a controller that wakes up with a thousand Canaries does not drown an API server: a token
// bucket with two lanes. What must not wait (writing a route, above all taking a canary back) is let through at once and only
// charged: the debt is paid by those who can wait. See docs/adr/0006-two-lanes.md.

import type { Clock } from "../../ports/clock.ts";
import { ClusterError } from "../../ports/cluster.ts";
import { pause } from "./pause.ts";

export interface RateLimitOptions {
  perSecond: number;
  burst: number;
}

export interface RateLimit {
  /** Resolves when one more request may be sent. Throws `TooManyRequests` when that would be too long, and when the signal aborts. */
  admit(lane: { urgent: boolean }, signal?: AbortSignal): Promise<void>;
}

/** Less than the controller waits for a route: a request that nobody waits for any more would only delay others. */
const LONGEST_WAIT_MS = 4_000;

export function rateLimit({ perSecond, burst }: RateLimitOptions, clock: Clock): RateLimit {
  let tokens = burst;
  let filledAtMs = clock.now();

  function refill(): void {
    const nowMs = clock.now();
    tokens = Math.min(burst, tokens + (Math.max(0, nowMs - filledAtMs) / 1000) * perSecond);
    filledAtMs = nowMs;
  }

  return {
    async admit({ urgent }, signal) {
      refill();
      if (urgent) {
        // Bounded, so that the others are late but not starved.
        tokens = Math.max(tokens - 1, -burst);
        return;
      }
      const waitMs = ((1 - tokens) / perSecond) * 1000;
      if (waitMs > LONGEST_WAIT_MS) throw tooMany(perSecond, burst, waitMs);
      tokens -= 1;
      if (waitMs <= 0) return;
      try {
        await pause(clock, waitMs, signal);
      } catch (error) {
        tokens += 1;
        throw error;
      }
    },
  };
}

function tooMany(perSecond: number, burst: number, waitMs: number): ClusterError {
  const message = `more than ${perSecond} requests a second (${burst} at once) are waiting to be sent; not sent, try again later`;
  return new ClusterError("TooManyRequests", message, { retryAfterMs: Math.ceil(waitMs - LONGEST_WAIT_MS) });
}
