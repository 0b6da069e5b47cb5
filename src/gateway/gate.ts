// What every request of a gateway shares.

import type { Clock } from "../ports/clock.ts";
import type { TimeLimits } from "./clients/time-limits.ts";
import type { AccessLog } from "./telemetry/access-log.ts";
import type { Stats } from "./telemetry/stats.ts";
import type { LiveTable } from "./upstreams/live-table.ts";

export interface Gate {
  readonly live: LiveTable;
  readonly stats: Stats;
  readonly accessLog: AccessLog | undefined;
  readonly clock: Clock;
  readonly timeLimits: TimeLimits;
  /** For durations: never jumps. */
  monotonicMs(): number;
  /** The Date header of now. */
  httpDate(): string;
  newRequestId(): string;
  /** True from stop on: connections are closed after their answer. */
  draining: boolean;
}

/** Makes the Date header once a second. */
export function cachedHttpDate(nowMs: () => number): () => string {
  let second = -1;
  let text = "";
  return () => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}
