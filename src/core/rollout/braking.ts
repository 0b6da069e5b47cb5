// A canary without a single ready endpoint fails every request sent to it. That needs no statistics, and is no verdict either:
// a node may have died with its one pod. So the first time its traffic goes back to stable until it is ready again, and the
// step begins anew; the second time it is taken back for good (ADR 0013).

import * as explain from "./explain.ts";
import { decide, effect, hold, type RunningTurn, readableSplit, workload } from "./turn.ts";

export function hasLostEndpoints(turn: RunningTurn): boolean {
  const { rollout, weight } = turn;
  const isLost = weight.written > 0 && workload(turn, rollout.canary).ready === 0;
  return isLost && workload(turn, rollout.stable).ready > 0;
}

/** It was braked before, and is not just being braked. */
export function isLostAgain(turn: RunningTurn): boolean {
  return hasLostEndpoints(turn) && turn.weight.wanted > 0 && (turn.rollout.losses ?? 0) > 0;
}

/** Goes back like an abort does: at once, with no intent stored. A crash before the status is stored leaves it aborted. */
export function brake(turn: RunningTurn): RunningTurn {
  const { weight, rollout, target } = turn;
  const split = readableSplit(turn);
  const said = explain.braked(rollout.canary, weight);
  const losses = (rollout.losses ?? 0) + 1;
  const braked = { ...rollout, losses, fellBackFrom: rollout.fellBackFrom ?? weight.written };
  const braking =
    weight.wanted === 0 && rollout.losses !== undefined
      ? turn
      : decide({ ...turn, rollout: braked, weight: { ...weight, wanted: 0 } }, said);
  const held = hold(braking, said);
  return split === undefined
    ? held
    : effect(held, { kind: "writeWeight", target, reading: split.reading, canaryWeight: 0 });
}
