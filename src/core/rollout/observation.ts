// The world as one plain value: all that a decision about one Canary may depend on, besides its own status and the time.

import type { CounterSnapshot } from "../analysis/evidence.ts";
import type { CanaryAction } from "../spec/action.ts";
import type { CanarySpec } from "../spec/canary.ts";
import type { SplitReading, TrafficTarget } from "../traffic/split.ts";

export interface Observation {
  canary: CanaryFacts;
  /** The parsed spec, or everything that is wrong with it. */
  spec: ParsedSpec;
  /** Everything asked of this Canary, answered or not. */
  actions: readonly CanaryAction[];
  /** Deployments by name: those of the spec and those of the running rollout. Absent: there is none. */
  workloads: Readonly<Record<string, WorkloadFacts>>;
  /** Where the spec's versions would be routed. While a rollout runs its pinned target is used instead. */
  resolution: { ok: true; target: TrafficTarget } | { ok: false; reason: string; message: string };
  /** The split in the pinned target, or in the resolved one when nothing is pinned; absent when its objects are gone. */
  split?: SplitReading;
  dataPlane: DataPlaneFacts;
  /** The newest reading of the counters, if there is one. */
  counters?: CounterSnapshot;
  /** Another Canary that was first on the same route. */
  rival?: string;
  /** What is surely stored: a restarted controller would know it. */
  stored: { wanted?: number; rolloutId?: string; actionsSeen: readonly string[]; endedAt?: string };
}

interface CanaryFacts {
  namespace: string;
  name: string;
  generation: number;
  deleting: boolean;
  /** Serin's finalizer is there. */
  held: boolean;
  namespaceTerminating: boolean;
}

export type ParsedSpec = { ok: true; spec: CanarySpec } | { ok: false; errors: readonly string[] };

export interface WorkloadFacts {
  name: string;
  /** Asked for by spec.replicas. */
  replicas: number;
  /** Ready endpoints behind the route's Service. */
  ready: number;
  /** Every pod is of the present template: nothing is being rolled over. */
  settled: boolean;
  /** Hash of the pod template. */
  templateHash: string;
}

export interface DataPlaneFacts {
  /** Every proxy works by the routes as last read. Absent: not asked yet. */
  route?: ProxyAnswer;
  /** Every proxy knows the destinations and endpoints as last seen. Absent: not asked yet. */
  destinations?: ProxyAnswer;
}

export type ProxyAnswer = { acknowledged: true } | { acknowledged: false; waitingFor: string };
