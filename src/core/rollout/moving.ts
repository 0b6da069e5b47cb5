// Weight moves make before break: wanted -> (endpoints, destinations confirmed, intent stored) -> written -> acknowledged.

import { parseTime } from "../kubernetes/time.ts";
import * as explain from "./explain.ts";
import type { ProxyAnswer } from "./observation.ts";
import { effect, type Hold, hold, type RunningTurn, readableSplit, workload } from "./turn.ts";
import { endpointsNeeded } from "./weights.ts";

/** The turn with a hold while the weight is on its way, without one when it is there and every proxy works by it. */
export function moveTo(turn: RunningTurn, goal: number): RunningTurn {
  const wanting: RunningTurn =
    turn.weight.wanted === goal ? turn : { ...turn, weight: { ...turn.weight, wanted: goal } };
  if (wanting.weight.written !== goal) return write(wanting, goal);
  if (wanting.weight.acknowledged === goal) return wanting;
  const { route } = turn.input.observation.dataPlane;
  return hold(wanting, waitForProxies(turn, route));
}

/** A wait that lasts is no longer the normal course: somebody should look. */
const PATIENCE_MS = 30_000;

function waitForProxies({ rollout, input }: RunningTurn, answer: ProxyAnswer | undefined): Hold {
  const waitingFor = answer?.acknowledged === false ? answer.waitingFor : undefined;
  const untilMs = parseTime(rollout.stepStartedAt ?? rollout.startedAt) + PATIENCE_MS;
  if (input.nowMs >= untilMs) return explain.proxiesSilent(waitingFor);
  return { ...explain.waitingForProxies(waitingFor), atMs: untilMs };
}

function write(turn: RunningTurn, goal: number): RunningTurn {
  const { rollout, weight, target, input } = turn;
  const receiver = goal > weight.written ? rollout.canary : rollout.stable;
  const blocked = notReady(turn, goal) ?? notConfirmed(turn) ?? (goal > weight.written ? notTakenUp(turn) : undefined);
  if (blocked !== undefined) return hold(turn, blocked);
  const said = explain.writing(receiver, goal > weight.written ? goal : weight.total - goal, weight.total);
  const split = readableSplit(turn);
  // A controller that dies right after the write must find in status that it meant it: else it would see a stranger's edit.
  const { stored, canary } = input.observation;
  const intentStored = stored.wanted === goal && stored.rolloutId === rollout.id && canary.held;
  if (split === undefined || !intentStored) return hold(turn, said);
  return hold(effect(turn, { kind: "writeWeight", target, reading: split.reading, canaryWeight: goal }), said);
}

/** Rule 1: the side that gets more has ready endpoints for its share, measured by the replicas of the side that gives. */
function notReady(turn: RunningTurn, goal: number) {
  const { rollout, weight } = turn;
  const rising = goal > weight.written;
  const [receiver, giver] = rising ? [rollout.canary, rollout.stable] : [rollout.stable, rollout.canary];
  const share = rising ? goal : weight.total - goal;
  const needed = endpointsNeeded(share, weight.total, workload(turn, giver).replicas);
  const { ready, settled } = workload(turn, receiver);
  if (ready < needed) return explain.waitingForEndpoints(receiver, ready, needed);
  return settled || !rising ? undefined : explain.waitingForRollover(receiver);
}

/** Whatever was written last, by whomever: the canary gains only from a split that every proxy really works by. */
function notTakenUp(turn: RunningTurn): Hold | undefined {
  const { route } = turn.input.observation.dataPlane;
  return route?.acknowledged === true ? undefined : waitForProxies(turn, route);
}

/** Why traffic may not go to destinations or endpoints yet that no proxy has confirmed. */
export function notConfirmed(turn: RunningTurn): Hold | undefined {
  const { destinations } = turn.input.observation.dataPlane;
  return destinations?.acknowledged === true ? undefined : waitForProxies(turn, destinations);
}
