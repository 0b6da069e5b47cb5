// Request counters as values, and what happened between two readings of them.

/** Cumulative counts of one workload (Deployment) since the source's start. */
export interface WorkloadCounters {
  requests: number;
  /** Of those, answers that count as failed: HTTP 5xx, and no answer at all (code 0). */
  errors: number;
  /** Changes when the source restarted, so that its counters began at zero again. */
  epoch: string;
}

/** Requests and errors of one side in one poll. */
export interface ArmDelta {
  requests: number;
  errors: number;
}

/**
 * What one workload received between two readings. A changed epoch or a falling counter means a restart: the new value
 * is the delta (a lost tail is at most one poll). No earlier reading: nothing is known yet, so the delta is zero.
 */
export function counterDelta(before: WorkloadCounters | undefined, after: WorkloadCounters | undefined): ArmDelta {
  if (after === undefined || before === undefined) return { requests: 0, errors: 0 };
  const restarted = before.epoch !== after.epoch || after.requests < before.requests || after.errors < before.errors;
  if (restarted) return { requests: after.requests, errors: Math.min(after.errors, after.requests) };
  const requests = after.requests - before.requests;
  return { requests, errors: Math.min(after.errors - before.errors, requests) };
}
