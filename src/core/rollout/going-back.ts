// Traffic goes back to stable. An abort is one write, from any state, at once: it waits for no proxy, no gate and no status
// write. Only where stable has no ready endpoint does it keep what serves, until the first one is there (rule 2).
// An undo after completion is no emergency: it waits until stable has endpoints for all of the traffic (make before break).

import { formatTime } from "../kubernetes/time.ts";
import type { Said } from "./explain.ts";
import * as explain from "./explain.ts";
import { rolloutId } from "./identity.ts";
import { notConfirmed } from "./moving.ts";
import type { RejectedVersion } from "./status.ts";
import { decide, effect, hold, type RunningTurn, readableSplit, type Turn, workload } from "./turn.ts";
import { endpointsNeeded } from "./weights.ts";

/** Decides to go back. `keepWeight`: a person wrote that weight, and people win. */
export function beginReturn(turn: RunningTurn, said: Said, keepWeight = 0): RunningTurn {
  const { heldBy: _, ...rollout } = turn.rollout;
  const returning: RunningTurn = {
    ...turn,
    // What this very pass was about to give the canary is not given any more.
    effects: turn.effects.filter(({ kind }) => kind !== "writeWeight"),
    rollout: { ...rollout, endReason: said.reason, endMessage: said.message },
    weight: { ...turn.weight, wanted: keepWeight },
  };
  return decide(returning, said);
}

/** One pass of going back; ends the rollout when the split shows that it is there. */
export function goBack(turn: RunningTurn): Turn {
  const split = readableSplit(turn);
  if (split === undefined) return goBackUnread(turn);
  const { rollout, target } = turn;
  const weight = { ...turn.weight, written: split.canaryWeight };
  const there: RunningTurn = { ...turn, weight };
  if (split.canaryWeight <= weight.wanted) return end(there);
  const stable = workload(turn, rollout.stable);
  const needed = endpointsToReturn(there);
  if (stable.ready < needed) return waitForStable(there, needed);
  const unconfirmed = rollout.endReason === "Undone" ? notConfirmed(there) : undefined;
  if (unconfirmed !== undefined) return hold(there, { ...unconfirmed, phase: "Undoing" });
  const said = explain.writing(rollout.stable, weight.total - weight.wanted, weight.total);
  const write = { kind: "writeWeight", target, reading: split.reading, canaryWeight: weight.wanted } as const;
  return hold(effect(there, write), { ...said, phase: phaseOf(turn) });
}

/** Routes that disagree (a write of several objects was cut short) are all sent back; others cannot be written at all. */
function goBackUnread(turn: RunningTurn): Turn {
  const { split } = turn.input.observation;
  if (split === undefined) return hold(turn, { ...explain.routeGone(), phase: "Stalled" });
  const { rollout, target, weight } = turn;
  if (split.disagreeing === undefined)
    return hold(turn, { ...explain.routeUnreadable(split.problem), phase: "Stalled" });
  const needed = endpointsToReturn(turn);
  if (workload(turn, rollout.stable).ready < needed) return waitForStable(turn, needed);
  const said = explain.writing(rollout.stable, weight.total - weight.wanted, weight.total);
  const write = { kind: "writeWeight", target, reading: split, canaryWeight: weight.wanted } as const;
  return hold(effect(turn, write), { ...said, phase: phaseOf(turn) });
}

function endpointsToReturn(turn: RunningTurn): number {
  const { rollout, weight } = turn;
  if (rollout.endReason !== "Undone") return 1;
  return endpointsNeeded(weight.total, weight.total, workload(turn, rollout.canary).replicas);
}

/** Scales stable only where it has fewer replicas than the way back needs: an autoscaler's or a person's idle version. */
function waitForStable(turn: RunningTurn, needed: number): Turn {
  const { stable, canary, endReason } = turn.rollout;
  const { ready, replicas } = workload(turn, stable);
  const said =
    endReason === "Undone"
      ? explain.waitingForEndpoints(stable, ready, needed)
      : explain.stableNotReady(stable, canary);
  const waiting = hold(turn, { ...said, phase: phaseOf(turn) });
  const exists = turn.input.observation.workloads[stable] !== undefined;
  if (!exists || replicas >= needed) return waiting;
  const scaled = effect(waiting, { kind: "scaleStable", deployment: stable, replicas: needed });
  return decide(scaled, explain.scalingStable(stable, needed));
}

function phaseOf(turn: RunningTurn) {
  return turn.rollout.endReason === "Undone" ? ("Undoing" as const) : ("Aborting" as const);
}

/** Ends that say nothing about the version: it may start again by itself. */
export function isVerdict(endReason: string): boolean {
  return !["Superseded", "TemplateChanged", "Deleted"].includes(endReason);
}

function end(turn: RunningTurn): Turn {
  const { rollout, input } = turn;
  const at = formatTime(input.nowMs);
  const reason = rollout.endReason ?? "Undone";
  const ended = { ...turn, rollout: { ...rollout, endedAt: at } };
  const known = turn.weight.written === 0 ? decide(ended, explain.backOnStable(rollout.stable)) : ended;
  if (!isVerdict(reason)) return known;
  const verdict = {
    id: rolloutId(rollout, 1),
    attempt: rollout.attempt,
    reason,
    message: rollout.endMessage ?? reason,
    at,
  };
  return { ...known, rejected: remember(turn.rejected, verdict) };
}

const REMEMBERED = 20;

function remember(rejected: readonly RejectedVersion[], verdict: RejectedVersion): RejectedVersion[] {
  return [...rejected.filter(({ id }) => id !== verdict.id), verdict].slice(-REMEMBERED);
}
