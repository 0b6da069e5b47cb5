// What the routes say now, against what Serin wrote: its own write arrived, or somebody else's hand was there (rule 4).
//
//   found                        by whom          meaning
//   = written                    anybody          nothing happened
//   = wanted                     anybody          our own write, read back
//   less, not wanted             Serin            it took the traffic back, and stopped before it could say so
//   less, = weight at the start  GitOps manager   the repository was applied again: set right, counted, advised
//   less                         anybody else     people win: kept, and the rollout is aborted
//   more                         anybody          set right at once, reported

import { CONTROLLER_MANAGER } from "./decision.ts";
import { mend } from "./disagreeing.ts";
import * as explain from "./explain.ts";
import { beginReturn } from "./going-back.ts";
import { decide, effect, hold, type ReadableSplit, type RunningTurn, readableSplit, workload } from "./turn.ts";
import { endpointsNeeded } from "./weights.ts";
import { isGitOpsManager, newestWriter } from "./writer.ts";

/** A hold in the turn that comes back means: nothing else may happen in this pass. */
export function readBack(turn: RunningTurn): RunningTurn {
  const { split } = turn.input.observation;
  if (split === undefined) return hold(turn, { ...explain.routeGone(), phase: "Stalled" });
  const readable = readableSplit(turn);
  if (readable === undefined && split.disagreeing !== undefined) return mend(turn, split.disagreeing);
  if (readable === undefined) return hold(turn, { ...explain.routeUnreadable(split.problem), phase: "Stalled" });
  const { wanted, written } = turn.weight;
  const found = readable.canaryWeight;
  if (found === written) return acknowledge(turn);
  if (found === wanted) return arrived(turn, found);
  return found < written ? taken(turn, readable) : given(turn, readable);
}

function arrived(turn: RunningTurn, found: number): RunningTurn {
  const weight = { ...turn.weight, written: found };
  return acknowledge(decide({ ...turn, weight }, explain.weightMoved(turn.rollout.canary, weight)));
}

function acknowledge(turn: RunningTurn): RunningTurn {
  const { route } = turn.input.observation.dataPlane;
  if (route?.acknowledged !== true || turn.weight.acknowledged === turn.weight.written) return turn;
  return { ...turn, weight: { ...turn.weight, acknowledged: turn.weight.written } };
}

function taken(turn: RunningTurn, split: ReadableSplit): RunningTurn {
  const manager = newestWriter(split.reading);
  const found = split.canaryWeight;
  if (manager === CONTROLLER_MANAGER) return beginReturn(turn, explain.interrupted());
  const { rollout, weight } = turn;
  if (isGitOpsManager(manager, turn.input.policy.gitOpsManagers) && found === rollout.startWeight)
    return putBack(turn, split, manager);
  const kept = { ...turn, weight: { ...weight, written: found } };
  return beginReturn(kept, explain.manualOverride(explain.editor(manager), rollout.canary, found, weight.total), found);
}

/** The repository's weights were applied again: the canary gets its weight back, once its endpoints allow it. */
function putBack(turn: RunningTurn, split: ReadableSplit, manager: string | undefined): RunningTurn {
  const { rollout, weight } = turn;
  const reverts = (rollout.gitOpsReverts ?? 0) + 1;
  const said = explain.gitOpsRevert(explain.editor(manager), reverts, weight);
  const counted = once(turn, split, (fresh) =>
    decide({ ...fresh, rollout: { ...fresh.rollout, gitOpsReverts: reverts } }, said),
  );
  const needed = endpointsNeeded(weight.written, weight.total, workload(turn, rollout.stable).replicas);
  const { ready } = workload(turn, rollout.canary);
  if (ready < needed) return hold(counted, explain.waitingForEndpoints(rollout.canary, ready, needed));
  return setRight(counted, split);
}

/** More than was written: back to it, unless stable has nobody to serve. */
function given(turn: RunningTurn, split: ReadableSplit): RunningTurn {
  const { rollout, weight } = turn;
  const by = explain.editor(newestWriter(split.reading));
  const reported = once(turn, split, (fresh) => decide(fresh, explain.foreignEdit(by, split.canaryWeight, weight)));
  if (workload(turn, rollout.stable).ready === 0)
    return hold(reported, explain.stableNotReady(rollout.stable, rollout.canary));
  return setRight(reported, split);
}

function setRight(turn: RunningTurn, split: ReadableSplit): RunningTurn {
  const { target, weight, rollout } = turn;
  const write = { kind: "writeWeight", target, reading: split.reading, canaryWeight: weight.written } as const;
  return hold(effect(turn, write), explain.writing(rollout.canary, weight.written, weight.total));
}

/** Says something about an edit only when it is seen first. */
function once(turn: RunningTurn, { reading }: ReadableSplit, report: (turn: RunningTurn) => RunningTurn): RunningTurn {
  const edit = reading.objects.map(({ uid, resourceVersion }) => `${uid}@${resourceVersion}`).join(",");
  if (turn.rollout.foreignEdit === edit) return turn;
  return report({ ...turn, rollout: { ...turn.rollout, foreignEdit: edit } });
}
