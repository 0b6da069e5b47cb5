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

export const FAST_INTERVAL_MS = 50;
export const SLOWER_INTERVAL_MS = 100;
const FAST_FOR_MS = 2_000;

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
  const due = before.countedAtMs === undefined || nowMs - before.countedAtMs >= timing.periodMs;
  const state = due ? failed(before, timing, nowMs) : before;
  const fastMs = sinceStartMs < FAST_FOR_MS ? FAST_INTERVAL_MS : SLOWER_INTERVAL_MS;
  return { state, nextInMs: eager ? Math.min(fastMs, timing.periodMs) : timing.periodMs, counted: due };
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
