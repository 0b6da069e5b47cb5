// The echo application's rollout as values: a Canary, in mid-rollout with all that a status can hold, and its Deployments.

import type { Deployment } from "../../src/core/kubernetes/workload.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import type { Canary, Step } from "../../src/core/spec/canary.ts";
import { TARGET } from "./echo-route.ts";

/** 2026-01-01T00:00:00Z, when a VirtualClock starts. */
const START_MS = Date.UTC(2026, 0, 1);

export const STEPS: Step[] = [
  { setWeight: 20 },
  { pause: { duration: "30s" } },
  { setWeight: 50 },
  { pause: {} },
  { setWeight: 100 },
];

export function timeAt(secondsFromStart: number): string {
  return new Date(START_MS + secondsFromStart * 1000).toISOString();
}

export function echoCanary(status?: Partial<CanaryStatus>): Canary {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "Canary",
    metadata: { name: "echo", namespace: "default", creationTimestamp: timeAt(-600), generation: 1, uid: "c-1" },
    spec: {
      versions: { stable: "echo-v1", canary: "echo-v2" },
      strategy: { steps: STEPS },
    },
    ...(status === undefined ? {} : { status: { ...PROGRESSING, ...status } }),
  };
}

export const PROGRESSING: CanaryStatus = {
  phase: "Progressing",
  message: "Watching echo-v2 at 20 % for 30s (step 2).",
  observedGeneration: 1,
  conditions: [],
  rollout: {
    id: "6f9c2ab1",
    stable: "echo-v1",
    canary: "echo-v2",
    templateHash: "abc",
    attempt: 1,
    startedAt: timeAt(-90),
    step: 1,
    stepStartedAt: timeAt(-20),
  },
  traffic: TARGET,
  weight: { wanted: 20, written: 20, acknowledged: 20, observed: 19, total: 100 },
  evidence: {
    state: "collecting",
    stable: { requests: 3200, errors: 3 },
    canary: { requests: 800, errors: 12 },
    odds: 14.3,
    limit: 100,
    wealth: [],
    harmed: 11.2,
    since: timeAt(-80),
    unmatched: 0,
  },
  lastDecision: { at: timeAt(-20), reason: "PausedForTime", message: "Watching echo-v2 at 20 % for 30s (step 2)." },
  nextAction: { at: timeAt(10), what: "set weight 50" },
};

export function deployment(name: string, image: string): Deployment {
  const labels = { app: "echo", version: name.replace("echo-", "") };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default", creationTimestamp: timeAt(-900), uid: `d-${name}` },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "echo", image }] } },
    },
    status: { replicas: 2, readyReplicas: 2, availableReplicas: 2 },
  };
}
