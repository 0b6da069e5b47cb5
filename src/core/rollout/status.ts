// What Serin knows of a rollout and stores in the Canary's status. All times are RFC 3339 strings, all weights integers of `total`.

import type { Condition } from "../kubernetes/object.ts";
import type { TrafficTarget } from "../traffic/split.ts";

/**
 * Idle: nothing was ever started. Progressing: moving by its steps. Paused: at an indefinite pause, or by a person.
 * Aborting: the route is to go back, but stable has no ready endpoint yet. Aborted, Completed, Undone: ended.
 * Undoing: going back after completion, make before break. Stalled: cannot go on; the condition says why and what to do.
 */
export type Phase =
  | "Idle"
  | "Progressing"
  | "Paused"
  | "Completed"
  | "Aborting"
  | "Aborted"
  | "Undoing"
  | "Undone"
  | "Stalled";

export interface CanaryStatus {
  phase: Phase;
  /** One sentence for people. */
  message: string;
  observedGeneration?: number;
  conditions: Condition[];
  rollout?: RolloutStatus;
  /** Resolved at the rollout's start, pinned until its end. */
  traffic?: TrafficTarget;
  weight?: WeightStatus;
  evidence?: EvidenceStatus;
  lastDecision?: { at: string; reason: string; message: string };
  nextAction?: { at?: string; what: string };
  /** Uid and resourceVersion-free record of the actions already taken up, newest last (bounded). */
  actionsSeen?: string[];
}

export interface RolloutStatus {
  /** Short hash of (stable, canary, canary's template hash) and the attempt. */
  id: string;
  stable: string;
  canary: string;
  templateHash: string;
  /** Raised by `retry`. */
  attempt: number;
  startedAt: string;
  endedAt?: string;
  /** Index into spec.strategy.steps; equal to its length when all are done. */
  step: number;
  stepStartedAt?: string;
  /** Set while a person holds the rollout. */
  heldBy?: string;
  /** Why it ended as it did: Completed, ErrorsWorse, ManualAbort, ManualOverride, … */
  endReason?: string;
}

export interface WeightStatus {
  wanted: number;
  written: number;
  /** What the proxies have acknowledged; absent until the first confirmation. */
  acknowledged?: number;
  /** Share of requests that the counters show, scaled to total; absent without traffic. */
  observed?: number;
  total: number;
  /** resourceVersions written by Serin, by VirtualService: how a foreign edit is told from our own. */
  writtenVersions?: Record<string, string>;
}

export interface EvidenceStatus {
  /** collecting, or one of the blind states (analysis.md section 2c), or the verdict. */
  state: "collecting" | "worse" | "blind" | "quiet" | "starved";
  stable: { requests: number; errors: number };
  canary: { requests: number; errors: number };
  /** Evidence that the canary is worse, as odds against luck; abort at `limit`. */
  odds: number;
  limit: number;
  /** Log-wealth per bet and restart mixture: opaque to readers, resumed after a restart. */
  wealth: number[];
  /** Failed canary requests beyond stable's rate, at least 0. */
  harmed: number;
}
