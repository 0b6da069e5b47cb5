// What Serin knows of a rollout and stores in the Canary's status. All times are RFC 3339 strings, all weights integers of `total`.

import type { WorkloadCounters } from "../analysis/counters.ts";
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
  /** Versions that were aborted or undone (bounded): they never start again without a retry. */
  rejected?: RejectedVersion[];
  /** Uids of the CanaryActions already taken up, newest last (bounded): none is taken up twice. */
  actionsSeen?: string[];
}

export interface RolloutStatus {
  /** Short hash of (stable, canary, canary's template hash), and "-2" and so on for a later attempt. */
  id: string;
  stable: string;
  canary: string;
  templateHash: string;
  /** 1, raised by `retry`. */
  attempt: number;
  startedAt: string;
  endedAt?: string;
  /** Index into spec.strategy.steps; equal to its length when all are done. */
  step: number;
  stepStartedAt?: string;
  /** Requests of the evidence when the step started: what came since then is the step's own. */
  stepRequests?: { stable: number; canary: number };
  /** Canary's weight found at the start: what a GitOps manager would put back. */
  startWeight?: number;
  /** True after promote --full: no pause holds any more. */
  full?: boolean;
  /** The weight from which a long blindness or lost endpoints took the canary down; restored when they are back. */
  fellBackFrom?: number;
  /** How often the canary lost its last ready endpoint while it carried traffic. */
  losses?: number;
  /** The last edit of the weights by somebody else that was answered: counted and reported once. */
  foreignEdit?: string;
  /** How often a GitOps manager put the original weights back and was set right. */
  gitOpsReverts?: number;
  /** Set while a person holds the rollout. */
  heldBy?: string;
  /**
   * Why it ended, or why it is on its way back (then without endedAt): Completed, Undone, ErrorsWorse, ManualAbort,
   * ManualOverride, Interrupted, CanaryUnavailable, Superseded, Blind, Deleted.
   */
  endReason?: string;
  /** The whole sentence of the end: who or what ended it, with the numbers. */
  endMessage?: string;
}

/** The end of an aborted or undone rollout, by its version. */
export interface RejectedVersion {
  /** rollout.id of the first attempt. */
  id: string;
  attempt: number;
  reason: string;
  message: string;
  at: string;
}

export interface WeightStatus {
  wanted: number;
  written: number;
  /** What the proxies have acknowledged; absent until the first confirmation. */
  acknowledged?: number;
  /** Share of requests that the counters show, scaled to total; absent without traffic. */
  observed?: number;
  total: number;
}

export interface EvidenceStatus {
  /** collecting, or one of the blind states (analysis.md section 2c), or the verdict. */
  state: "collecting" | "worse" | "blind" | "quiet" | "starved";
  stable: { requests: number; errors: number };
  canary: { requests: number; errors: number };
  /** Evidence that the canary is worse, as odds against luck; abort at `limit`. */
  odds: number;
  limit: number;
  /** Log-wealth per bet and restart mixture (core/analysis/split-bet.ts): opaque to readers, resumed after a restart. */
  wealth: number[];
  /** Failed canary requests beyond stable's rate, at least 0. */
  harmed: number;
  /** When collecting began. */
  since: string;
  /** The last reading that was counted in; the next batch is what came after it. */
  reading?: ReadingRecord;
  /** When a request was last seen on either side. */
  lastRequestAt?: string;
  /** Stable's requests since the canary's last one, at a weight above 0: many of them mean starved. */
  unmatched: number;
  /** When sight was lost; absent while readings arrive. */
  blindSince?: string;
}

/** Raw counters as read, so that a restarted controller goes on with the very next batch. */
interface ReadingRecord {
  /** By the controller's clock. */
  at: string;
  /** By the source's own clock: tells a new reading from the same one. */
  sourceAtMs: number;
  /** Weight written when it was read: a batch across a change of weight is counted, but no bet is placed on it. */
  weight: number;
  stable?: WorkloadCounters;
  canary?: WorkloadCounters;
}
