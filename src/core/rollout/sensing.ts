// The evidence as of now: the newest reading counted in, the state of the data judged, and what changed in it said once.

import { judgeData } from "../analysis/data-state.ts";
import { foldReading } from "../analysis/evidence.ts";
import type { Said } from "./explain.ts";
import * as explain from "./explain.ts";
import type { EvidenceStatus } from "./status.ts";
import { decide, type RunningTurn } from "./turn.ts";

export function sense(turn: RunningTurn): RunningTurn {
  const { counters } = turn.input.observation;
  const { policy, nowMs } = turn.input;
  const { written, total } = turn.weight;
  const folded =
    counters === undefined ? turn.evidence : foldReading(turn.evidence, counters, { nowMs, weight: written, total });
  const evidence = judgeData(folded, written / total, policy, nowMs);
  const said = change(turn, evidence);
  return decide({ ...turn, evidence, weight: { ...turn.weight, ...observedShare(turn, evidence) } }, ...said);
}

function change(turn: RunningTurn, evidence: EvidenceStatus): Said[] {
  const before = turn.evidence.state;
  const { rollout, weight } = turn;
  if (before === evidence.state) return [];
  if (evidence.state === "blind") return [explain.blind(rollout.canary, weight)];
  if (evidence.state === "starved") return [explain.starved(rollout.canary, evidence.unmatched, weight)];
  return before === "blind" ? [explain.sightRegained()] : [];
}

/** The canary's share of the requests of this step, scaled to the weights' total. */
function observedShare(turn: RunningTurn, evidence: EvidenceStatus): { observed?: number } {
  const base = turn.rollout.stepRequests ?? { stable: 0, canary: 0 };
  const canary = evidence.canary.requests - base.canary;
  const all = canary + evidence.stable.requests - base.stable;
  return all <= 0 ? {} : { observed: Math.round((canary * turn.weight.total) / all) };
}
