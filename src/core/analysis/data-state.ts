// No data is four different things, and none of them is a failed check (analysis.md section 2c, ADR 0011).
//   blind    the source cannot be asked         freeze; later the least weight; later back to stable, reason Blind
//   quiet    no request on either side          hold: no evidence either way
//   starved  stable is asked, the canary never  hold and say so: the route does not do what it says
//   else     collecting, or worse: the bet is won

import { formatTime, parseTime } from "../kubernetes/time.ts";
import type { EvidenceStatus } from "../rollout/status.ts";

export interface DataPatience {
  /** No reading for so long means blind. */
  blindAfterMs: number;
  /** No request for so long means quiet. */
  quietAfterMs: number;
}

/** Chance of seeing no canary request by luck, below which the canary counts as starved. */
const STARVED_CHANCE = 0.001;

/** The evidence with its state (and the moment of losing sight) as of now. */
export function judgeData(
  evidence: EvidenceStatus,
  share: number,
  patience: DataPatience,
  nowMs: number,
): EvidenceStatus {
  const { blindSince, ...rest } = evidence;
  if (evidence.odds >= evidence.limit) return { ...rest, state: "worse" };
  const seenAtMs = parseTime(evidence.reading?.at ?? evidence.since);
  if (nowMs - seenAtMs > patience.blindAfterMs)
    return { ...rest, state: "blind", blindSince: blindSince ?? formatTime(seenAtMs) };
  const askedAtMs = parseTime(evidence.lastRequestAt ?? evidence.since);
  if (nowMs - askedAtMs > patience.quietAfterMs) return { ...rest, state: "quiet" };
  if (isStarved(evidence.unmatched, share)) return { ...rest, state: "starved" };
  return { ...rest, state: "collecting" };
}

/** When the state may change by time alone. */
export function nextDataLookMs(evidence: EvidenceStatus, patience: DataPatience): number {
  return parseTime(evidence.reading?.at ?? evidence.since) + patience.blindAfterMs + 1;
}

/** `unmatched` stable requests in a row without one for the canary: (1 - share) ^ unmatched is the chance of luck. */
function isStarved(unmatched: number, share: number): boolean {
  return share > 0 && share < 1 && unmatched * Math.log1p(-share) < Math.log(STARVED_CHANCE);
}
