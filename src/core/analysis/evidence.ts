// The evidence of one rollout: readings of the counters go in one by one, totals, wealth and the state of the data come out.

import { formatTime, parseTime } from "../kubernetes/time.ts";
import type { EvidenceStatus } from "../rollout/status.ts";
import { type ArmDelta, counterDelta, type WorkloadCounters } from "./counters.ts";
import { bet, oddsAgainstLuck, oddsLimit } from "./split-bet.ts";

/** One answer of the metric source for the two versions. */
export interface CounterSnapshot {
  /** By the source's clock. */
  atMs: number;
  stable?: WorkloadCounters;
  canary?: WorkloadCounters;
}

export interface FoldContext {
  nowMs: number;
  /** Canary's weight as written, and what both weights sum to. */
  weight: number;
  total: number;
}

/**
 * A longer gap between readings (the controller was away) starts afresh from the new reading: weights and error levels
 * may have changed inside it, which would make the batch's share meaningless. Decided by the clock, never by the data.
 */
const MAX_BATCH_MS = 30_000;

export function newEvidence(nowMs: number, attempt: number): EvidenceStatus {
  const limit = oddsLimit(attempt);
  const none = { requests: 0, errors: 0 };
  return {
    state: "collecting",
    stable: { ...none },
    canary: { ...none },
    odds: 1,
    limit,
    wealth: [],
    harmed: 0,
    since: formatTime(nowMs),
    unmatched: 0,
  };
}

/** The evidence with the reading counted in. The same reading twice changes nothing. */
export function foldReading(evidence: EvidenceStatus, snapshot: CounterSnapshot, context: FoldContext): EvidenceStatus {
  const before = evidence.reading;
  if (before !== undefined && snapshot.atMs === before.sourceAtMs) return evidence;
  const reading = {
    at: formatTime(context.nowMs),
    sourceAtMs: snapshot.atMs,
    weight: context.weight,
    ...(snapshot.stable === undefined ? {} : { stable: snapshot.stable }),
    ...(snapshot.canary === undefined ? {} : { canary: snapshot.canary }),
  };
  const { blindSince: _, ...sighted } = evidence;
  if (before === undefined || context.nowMs - parseTime(before.at) > MAX_BATCH_MS) return { ...sighted, reading };
  const stable = delta(before.stable, snapshot.stable);
  const canary = delta(before.canary, snapshot.canary);
  if (stable.requests + canary.requests === 0) return { ...sighted, reading };
  const sameWeight = before.weight === context.weight;
  const wealth = sameWeight ? bet(evidence.wealth, canary, stable) : evidence.wealth;
  const totals = { stable: plus(evidence.stable, stable), canary: plus(evidence.canary, canary) };
  return {
    ...sighted,
    ...totals,
    wealth,
    odds: significant(oddsAgainstLuck(wealth)),
    harmed: harmed(totals.canary, totals.stable),
    lastRequestAt: reading.at,
    unmatched: canary.requests > 0 || context.weight === 0 || !sameWeight ? 0 : evidence.unmatched + stable.requests,
    reading,
  };
}

/** The last answers after traffic was taken back: they count as harm, and change no verdict. */
export function tallyReading(
  evidence: EvidenceStatus,
  snapshot: CounterSnapshot,
  context: FoldContext,
): EvidenceStatus {
  const { wealth, odds, state, unmatched } = evidence;
  const folded = foldReading(evidence, snapshot, context);
  return folded === evidence ? evidence : { ...folded, wealth, odds, state, unmatched };
}

/** Failed canary requests beyond what stable's error rate explains. */
export function harmed(canary: ArmDelta, stable: ArmDelta): number {
  const expected = stable.requests === 0 ? 0 : (canary.requests * stable.errors) / stable.requests;
  return Math.max(0, Math.round((canary.errors - expected) * 10) / 10);
}

/** A workload that the source did not know in an earlier reading had no request then: its first counters are the delta. */
function delta(before: WorkloadCounters | undefined, after: WorkloadCounters | undefined): ArmDelta {
  if (after === undefined) return { requests: 0, errors: 0 };
  return counterDelta(before ?? { requests: 0, errors: 0, epoch: after.epoch }, after);
}

function plus(a: ArmDelta, b: ArmDelta): ArmDelta {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}

/** Six digits are plenty for people; the wealth keeps them all. */
function significant(value: number): number {
  return Number(value.toPrecision(6));
}
