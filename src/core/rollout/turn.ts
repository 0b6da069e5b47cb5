// One pass over one Canary, as a value that is handed from rule to rule. Each rule returns a new turn and touches nothing else.

import { parseTime } from "../kubernetes/time.ts";
import type { CanarySpec } from "../spec/canary.ts";
import type { SplitReading, TrafficTarget } from "../traffic/split.ts";
import type { DecideInput, Effect } from "./decision.ts";
import type { Said } from "./explain.ts";
import type { WorkloadFacts } from "./observation.ts";
import type { CanaryStatus, EvidenceStatus, Phase, RejectedVersion, RolloutStatus, WeightStatus } from "./status.ts";
import { rescale } from "./weights.ts";

export interface Turn {
  readonly input: DecideInput;
  readonly rollout: RolloutStatus | undefined;
  readonly target: TrafficTarget | undefined;
  readonly weight: WeightStatus | undefined;
  readonly evidence: EvidenceStatus | undefined;
  readonly rejected: readonly RejectedVersion[];
  readonly actionsSeen: readonly string[];
  readonly effects: readonly Effect[];
  /** What was decided in this pass, oldest first: each becomes an Event, the last one status.lastDecision. */
  readonly decided: readonly Said[];
  /** Why nothing more happens now, and what it waits for. */
  readonly hold?: Hold;
  /** An action asked for another attempt at the ended version. */
  readonly retrying?: boolean;
}

export interface Hold extends Said {
  /** How the phase reads while this holds. */
  phase?: Phase;
  /** When time alone ends it. */
  atMs?: number;
}

/** A turn whose rollout runs: everything about it is known. */
export interface RunningTurn extends Turn {
  readonly rollout: RolloutStatus;
  readonly target: TrafficTarget;
  readonly weight: WeightStatus;
  readonly evidence: EvidenceStatus;
}

export function openTurn(input: DecideInput): Turn {
  const status: Partial<CanaryStatus> = input.status ?? {};
  return {
    input,
    rollout: status.rollout,
    target: status.traffic,
    weight: status.weight,
    evidence: status.evidence,
    rejected: status.rejected ?? [],
    actionsSeen: status.actionsSeen ?? [],
    effects: [],
    decided: [],
  };
}

export function isRunning(turn: Turn): turn is RunningTurn {
  const { rollout, target, weight, evidence } = turn;
  return (
    rollout !== undefined &&
    rollout.endedAt === undefined &&
    target !== undefined &&
    weight !== undefined &&
    evidence !== undefined
  );
}

/** For so long after a rollout was taken back its last answers are waited for. */
const TAIL_MS = 3_000;

export function tailEndsAtMs({ rollout }: Turn): number | undefined {
  if (rollout?.endedAt === undefined || rollout.endReason === "Completed") return undefined;
  return parseTime(rollout.endedAt) + TAIL_MS;
}

/** A clock that was set back to before the end makes no longer tail. */
export function isTailing(turn: Turn): boolean {
  const endsAtMs = tailEndsAtMs(turn);
  return endsAtMs !== undefined && turn.input.nowMs < endsAtMs && turn.input.nowMs >= endsAtMs - TAIL_MS;
}

/** On its way back to stable: nothing else counts any more. */
export function isReturning(rollout: RolloutStatus): boolean {
  return rollout.endReason !== undefined && rollout.endedAt === undefined;
}

export function decide<T extends Turn>(turn: T, ...said: Said[]): T {
  return { ...turn, decided: [...turn.decided, ...said] };
}

export function effect<T extends Turn>(turn: T, ...effects: Effect[]): T {
  return { ...turn, effects: [...turn.effects, ...effects] };
}

export function hold<T extends Turn>(turn: T, said: Hold): T {
  return { ...turn, hold: said };
}

export function specOf(turn: Turn): CanarySpec | undefined {
  const { spec } = turn.input.observation;
  return spec.ok ? spec.spec : undefined;
}

export function stepsOf(turn: Turn): CanarySpec["strategy"]["steps"] {
  return specOf(turn)?.strategy.steps ?? [];
}

/** The Deployment's facts; one that does not exist has nothing. */
export function workload(turn: Turn, name: string): WorkloadFacts {
  return (
    turn.input.observation.workloads[name] ?? { name, replicas: 0, ready: 0, settled: false, templateHash: "missing" }
  );
}

/** The split, when it can be read and thus be written; the canary's weight is of the target's total. */
export function readableSplit(turn: Turn): ReadableSplit | undefined {
  const { split, resolution } = turn.input.observation;
  if (split?.canaryWeight === undefined) return undefined;
  const total = turn.weight?.total ?? (resolution.ok ? resolution.target.total : split.total);
  return { reading: split, canaryWeight: rescale(split.canaryWeight, split.total, total) };
}

/** A write would bring all routes to one split: they are readable, or only disagree. */
export function isWritable({ input }: Turn): boolean {
  const { split } = input.observation;
  return split !== undefined && (split.canaryWeight !== undefined || split.disagreeing !== undefined);
}

export interface ReadableSplit {
  /** As it was read: a router may know more about this very value. */
  reading: SplitReading;
  canaryWeight: number;
}
