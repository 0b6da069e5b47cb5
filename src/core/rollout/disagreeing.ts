// Routes of several objects are written one after the other, so a crash or a person in between leaves them disagreeing.
// What that means follows the table of reading-back.ts, with the least of them as what is found.

import { CONTROLLER_MANAGER } from "./decision.ts";
import * as explain from "./explain.ts";
import { beginReturn } from "./going-back.ts";
import { effect, hold, type RunningTurn, workload } from "./turn.ts";
import { newestWriter } from "./writer.ts";

/** `found`: the canary's weight in each route. */
export function mend(turn: RunningTurn, found: readonly number[]): RunningTurn {
  const { weight, input, rollout } = turn;
  const { wanted, written } = weight;
  const manager = newestWriter(input.observation.split!);
  const least = Math.min(...found);
  if (found.every((each) => each === wanted || each === written))
    return writeAll(turn, manager === CONTROLLER_MANAGER ? wanted : written);
  if (least >= Math.min(wanted, written)) return writeAll(turn, written);
  if (manager === CONTROLLER_MANAGER) return beginReturn(turn, explain.interrupted());
  return beginReturn(turn, explain.manualOverride(explain.editor(manager), rollout.canary, least, weight.total));
}

function writeAll(turn: RunningTurn, canaryWeight: number): RunningTurn {
  const { target, rollout, weight, input } = turn;
  const said = explain.writing(rollout.canary, canaryWeight, weight.total);
  const [stable, canary] = [workload(turn, rollout.stable), workload(turn, rollout.canary)];
  if (stable.ready === 0) return hold(turn, explain.stableNotReady(rollout.stable, rollout.canary));
  if (canary.ready === 0) return hold(turn, explain.waitingForEndpoints(rollout.canary, 0, 1));
  return hold(effect(turn, { kind: "writeWeight", target, reading: input.observation.split!, canaryWeight }), said);
}
