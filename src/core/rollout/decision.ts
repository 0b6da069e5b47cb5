// What a decision is made of: the input beside the observation, and effects as data.

import type { ActionState } from "../spec/action.ts";
import type { SplitReading, TrafficTarget } from "../traffic/split.ts";
import type { Observation } from "./observation.ts";
import type { CanaryStatus } from "./status.ts";

export interface DecideInput {
  observation: Observation;
  /** As decided last; undefined on first sight. */
  status: CanaryStatus | undefined;
  policy: Policy;
  nowMs: number;
}

export interface Decision {
  /** The whole new status. */
  status: CanaryStatus;
  /** In the order in which they are to be carried out; each may be carried out twice without harm. */
  effects: Effect[];
  /** When to look again though nothing happens; undefined: only when something changes. */
  nextLookAtMs: number | undefined;
  /** A rollout runs, or has just been taken back: counters are to be read. */
  active: boolean;
}

export type Effect =
  | { kind: "writeWeight"; target: TrafficTarget; reading: SplitReading; canaryWeight: number }
  | { kind: "setFinalizer" }
  | { kind: "removeFinalizer" }
  | { kind: "scaleStable"; deployment: string; replicas: number }
  | { kind: "emitEvent"; type: "Normal" | "Warning"; reason: string; message: string }
  | { kind: "answerAction"; name: string; uid: string; state: ActionState; message: string }
  | { kind: "deleteAction"; name: string; uid: string };

export interface Policy {
  /** Field managers that re-apply what a repository says; "*" at the end matches any rest. */
  gitOpsManagers: readonly string[];
  /** No reading for so long means blind: the rollout freezes. */
  blindAfterMs: number;
  /** Blind for so long: back to the least weight that the steps name. */
  blindFallbackMs: number;
  /** Blind for so long: back to stable. */
  blindAbortMs: number;
  /** No request for so long means quiet. */
  quietAfterMs: number;
  /** The newest answered actions that are kept as the audit log. */
  keptActions: number;
}

export const DEFAULT_POLICY: Policy = {
  gitOpsManagers: ["argocd-*", "kustomize-controller", "helm-controller"],
  blindAfterMs: 5_000,
  blindFallbackMs: 60_000,
  blindAbortMs: 600_000,
  quietAfterMs: 10_000,
  keptActions: 50,
};

/** Serin's own name in managedFields, as the traffic routers write it. */
export const CONTROLLER_MANAGER = "serin";
