// When status is written: at once on a change of what it means, else at most every ten seconds, else not at all.

import { canonical } from "./canonical.ts";
import type { CanaryStatus } from "./status.ts";

const PROGRESS_WRITE_MS = 10_000;

export type RecordDue = "now" | "never" | { afterMs: number };

/** `stored` is what the API has, `status` what is decided; `writtenAtMs` is when it was last written. */
export function recordDue(
  stored: CanaryStatus | undefined,
  status: CanaryStatus,
  writtenAtMs: number,
  nowMs: number,
): RecordDue {
  if (stored === undefined || meaning(stored) !== meaning(status)) return "now";
  if (canonical(stored) === canonical(status)) return "never";
  const afterMs = writtenAtMs + PROGRESS_WRITE_MS - nowMs;
  return afterMs <= 0 ? "now" : { afterMs };
}

/** Everything but running numbers: phase, step, weights, verdicts, conditions, actions. */
function meaning(status: CanaryStatus): string {
  const { evidence, weight, conditions, message: _message, nextAction: _next, ...rest } = status;
  const { observed: _observed, ...weights } = weight ?? { observed: undefined };
  return canonical([
    rest,
    weights,
    evidence?.state,
    conditions.map(({ type, status, reason }) => [type, status, reason]),
  ]);
}
