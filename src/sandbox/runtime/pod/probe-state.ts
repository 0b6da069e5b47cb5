// When a probe runs next and what its results add up to: the kubelet's rules, and one liberty. Until the first success of a
// startup or readiness probe it is asked much more often, so that a pod is ready as soon as its program is. Nothing is
// ever called ready before its probe said so, and only every periodSeconds does a failure count.

import type { ProbeName, ProbeTiming } from "./probe-spec.ts";

export interface ProbeState {
  /** What the results add up to. Undefined: not known yet (startup). */
  healthy: boolean | undefined;
  successes: number;
  failures: number;
  /** When the last result counted. */
  countedAtMs: number | undefined;
  everSucceeded: boolean;
}

export interface ProbeStep {
  state: ProbeState;
  nextInMs: number;
  /** True when this failure counts, and is worth an event. */
  counted: boolean;
}

/** Until the first success: how often to ask, by how long it has been waited for. Later: every period. */
const EAGER_PACE = [
  { untilMs: 500, intervalMs: 25 },
  { untilMs: 2_000, intervalMs: 50 },
  { untilMs: 10_000, intervalMs: 100 },
  { untilMs: 60_000, intervalMs: 500 },
];

export function firstState(name: ProbeName): ProbeState {
  const healthy = name === "startupProbe" ? undefined : name === "livenessProbe";
  return { healthy, successes: 0, failures: 0, countedAtMs: undefined, everSucceeded: false };
}

/** `sinceStartMs`: how long the probing has been going on. */
export function probeStep(
  before: ProbeState,
  result: "success" | "failure",
  probe: { name: ProbeName; timing: ProbeTiming },
  nowMs: number,
  sinceStartMs: number,
): ProbeStep {
  const { timing, name } = probe;
  const eager = name !== "livenessProbe" && !before.everSucceeded;
  if (result === "success")
    return { state: succeeded(before, timing, nowMs), nextInMs: timing.periodMs, counted: true };
  // Who starts needs a while: for a probe that is asked eagerly the first failure counts after a period, not at once.
  const countedAtMs = before.countedAtMs ?? (eager ? nowMs - sinceStartMs : Number.NEGATIVE_INFINITY);
  const due = nowMs - countedAtMs >= timing.periodMs;
  const state = due ? failed(before, timing, nowMs) : before;
  return { state, nextInMs: eager ? eagerIntervalMs(timing, sinceStartMs) : timing.periodMs, counted: due };
}

function eagerIntervalMs({ periodMs }: ProbeTiming, sinceStartMs: number): number {
  const pace = EAGER_PACE.find(({ untilMs }) => sinceStartMs < untilMs);
  return Math.min(pace?.intervalMs ?? periodMs, periodMs);
}

function succeeded(before: ProbeState, timing: ProbeTiming, nowMs: number): ProbeState {
  const successes = before.successes + 1;
  const healthy = successes >= timing.successThreshold ? true : before.healthy;
  return { healthy, successes, failures: 0, countedAtMs: nowMs, everSucceeded: true };
}

function failed(before: ProbeState, timing: ProbeTiming, nowMs: number): ProbeState {
  const failures = before.failures + 1;
  const healthy = failures >= timing.failureThreshold ? false : before.healthy;
  return { ...before, healthy, successes: 0, failures, countedAtMs: nowMs };
}
