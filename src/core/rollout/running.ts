// A rollout runs. The order of the rules is their rank: what the route says, what people ask, what must end, then the steps.

import { brake, hasLostEndpoints, isLostAgain } from "./braking.ts";
import type { Said } from "./explain.ts";
import * as explain from "./explain.ts";
import { beginReturn, goBack } from "./going-back.ts";
import { readBack } from "./reading-back.ts";
import { sense } from "./sensing.ts";
import { advance } from "./stepping.ts";
import { takeUp } from "./taking-up.ts";
import { effect, isReturning, isRunning, type RunningTurn, specOf, type Turn, workload } from "./turn.ts";

export function runRollout(turn: RunningTurn): Turn {
  const asked = takeUp(turn);
  if (!isRunning(asked)) return asked;
  if (isReturning(asked.rollout)) return goBack(asked);
  const read = readBack(keepHeld(asked));
  if (isReturning(read.rollout)) return goBack(read);
  const sensed = sense(read);
  const end = mustEnd(sensed);
  if (end !== undefined) return goBack(beginReturn({ ...sensed, hold: undefined }, end));
  if (sensed.hold !== undefined) return sensed;
  return hasLostEndpoints(sensed) ? brake(sensed) : advance(sensed);
}

/** While a rollout runs, whoever deletes the Canary waits until traffic is back on stable. */
function keepHeld(turn: RunningTurn): RunningTurn {
  return turn.input.observation.canary.held ? turn : effect(turn, { kind: "setFinalizer" });
}

function mustEnd(turn: RunningTurn): Said | undefined {
  const { rollout, evidence, weight, input } = turn;
  const versions = specOf(turn)?.versions;
  if (versions !== undefined && (versions.stable !== rollout.stable || versions.canary !== rollout.canary))
    return explain.superseded(rollout.canary);
  if (evidence.state === "worse") return explain.errorsWorse(rollout, evidence, weight);
  const canary = input.observation.workloads[rollout.canary];
  if (canary !== undefined && canary.templateHash !== rollout.templateHash)
    return explain.templateChanged(rollout.canary);
  const isGone = canary === undefined && workload(turn, rollout.stable).ready > 0;
  return isGone || isLostAgain(turn) ? explain.canaryUnavailable(rollout.canary) : undefined;
}
