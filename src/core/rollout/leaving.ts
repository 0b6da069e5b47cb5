// The Canary is being deleted. In the middle of a rollout all traffic goes back to stable first; otherwise traffic is left
// as it is. Nothing keeps an object whose namespace is going or whose route is gone: there is nothing left to put right.

import * as explain from "./explain.ts";
import { beginReturn, goBack } from "./going-back.ts";
import { takeUp } from "./taking-up.ts";
import { effect, hold, isReturning, isRunning, isWritable, type RunningTurn, type Turn } from "./turn.ts";

export function leave(turn: Turn): Turn {
  const { canary } = turn.input.observation;
  if (!canary.held) return hold(turn, explain.leavingUntouched("nothing of Serin's is in it"));
  const why = untouchable(turn);
  if (why !== undefined) return letGo(turn, why);
  if (!isRunning(turn)) return letGo(turn, "the rollout has ended");
  const asked = takeUp(turn);
  if (!isRunning(asked)) return asked;
  const gone = goBack(isReturning(asked.rollout) ? asked : beginReturn(asked, explain.deleted()));
  return isRunning(gone) ? gone : letGo(gone, "all of it is on the stable version");
}

function untouchable(turn: Turn): string | undefined {
  const { canary, workloads } = turn.input.observation;
  if (canary.namespaceTerminating) return "its namespace is going too";
  if (!isRunning(turn)) return undefined;
  if (!isWritable(turn)) return "its route is gone or no longer Serin's";
  return stableGone(turn, workloads) ? `${turn.rollout.stable} is gone, so there is nothing to go back to` : undefined;
}

function stableGone(turn: RunningTurn, workloads: Turn["input"]["observation"]["workloads"]): boolean {
  return workloads[turn.rollout.stable] === undefined;
}

function letGo(turn: Turn, why: string): Turn {
  return hold(effect(turn, { kind: "removeFinalizer" }), explain.leavingUntouched(why));
}
