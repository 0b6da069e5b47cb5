// From a finished turn to the decision: status, Events, and when to look again. Everything is said once, in one place.

import { formatTime } from "../kubernetes/time.ts";
import { conditionsOf } from "./conditions.ts";
import type { Decision, Effect } from "./decision.ts";
import type { Said } from "./explain.ts";
import type { CanaryStatus, Phase, RolloutStatus } from "./status.ts";
import { dataLookMs } from "./stepping.ts";
import { nextExpiryMs } from "./taking-up.ts";
import { isRunning, isTailing, type Turn, tailEndsAtMs } from "./turn.ts";

/** A running rollout is looked at so often even if no watch and no reading wakes it. */
const SAFETY_LOOK_MS = 10_000;

/** What stalls is cured by a change that a watch shows; this is for what no watch shows, such as a missing permission. */
const STALLED_LOOK_MS = 60_000;

export function conclude(turn: Turn): Decision {
  const phase = phaseOf(turn);
  const decided = [...turn.decided, ...newlyHeld(turn)];
  const nextLookAtMs = nextLook(turn);
  const status: CanaryStatus = {
    phase,
    message: messageOf(turn),
    observedGeneration: turn.input.observation.canary.generation,
    conditions: conditionsOf(turn, phase),
    ...present({ rollout: turn.rollout, traffic: turn.target, weight: turn.weight, evidence: turn.evidence }),
    ...present({ lastDecision: lastDecision(turn, decided) }),
    ...present({ nextAction: nextAction(turn) }),
    ...(turn.rejected.length === 0 ? {} : { rejected: [...turn.rejected] }),
    ...(turn.actionsSeen.length === 0 ? {} : { actionsSeen: [...turn.actionsSeen] }),
  };
  return {
    status,
    effects: [...writesFirst(turn.effects), ...decided.map(event)],
    nextLookAtMs,
    active: isRunning(turn) || isTailing(turn),
  };
}

function phaseOf(turn: Turn): Phase {
  const { rollout } = turn;
  if (turn.hold?.phase !== undefined) return turn.hold.phase;
  if (rollout === undefined) return "Idle";
  return rollout.endedAt === undefined ? runningPhase(rollout) : endedPhase(rollout);
}

function runningPhase({ endReason }: RolloutStatus): Phase {
  if (endReason === undefined) return "Progressing";
  return endReason === "Undone" ? "Undoing" : "Aborting";
}

function endedPhase({ endReason }: RolloutStatus): Phase {
  if (endReason === "Completed") return "Completed";
  return endReason === "Undone" ? "Undone" : "Aborted";
}

function messageOf({ rollout, hold }: Turn): string {
  return hold?.message ?? rollout?.endMessage ?? "Nothing to do.";
}

/** A wait that begins is said once; its numbers may change without another Event. */
function newlyHeld({ hold, decided, input }: Turn): Said[] {
  if (hold === undefined || QUIET_HOLDS.has(hold.reason)) return [];
  if (decided.some(({ reason }) => reason === hold.reason)) return [];
  return input.status?.lastDecision?.reason === hold.reason ? [] : [hold];
}

/** Waits that are the normal course, or are said when they begin. */
const QUIET_HOLDS = new Set([
  "WritingWeight",
  "WaitingForProxies",
  "PausedForTime",
  "Held",
  "Blind",
  "Started",
  "Leaving",
]);

function lastDecision({ input }: Turn, decided: Said[]): CanaryStatus["lastDecision"] {
  const last = decided.at(-1);
  if (last === undefined) return input.status?.lastDecision;
  return { at: formatTime(input.nowMs), reason: last.reason, message: last.message };
}

function nextAction(turn: Turn): CanaryStatus["nextAction"] {
  const { hold, rollout } = turn;
  if (hold === undefined && rollout?.endedAt !== undefined) return undefined;
  if (hold === undefined) return { what: "goes on with the next step" };
  const at = hold.atMs === undefined ? {} : { at: formatTime(hold.atMs) };
  return { ...at, what: hold.message };
}

function nextLook(turn: Turn): number | undefined {
  const { nowMs } = turn.input;
  const times = [turn.hold?.atMs, nextExpiryMs(turn)];
  // What has just ended may make room for the next rollout, and lets go of the object.
  if (!isRunning(turn) && turn.decided.length > 0) times.push(nowMs);
  if (isTailing(turn)) times.push(tailEndsAtMs(turn));
  if (turn.hold?.phase === "Stalled") times.push(nowMs + STALLED_LOOK_MS);
  if (isRunning(turn)) times.push(nowMs + SAFETY_LOOK_MS, later(dataLookMs(turn), nowMs));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(Math.min(...known), nowMs);
}

function later(time: number, nowMs: number): number | undefined {
  return time > nowMs ? time : undefined;
}

/** Traffic before paper: nothing is written before the route is. */
function writesFirst(effects: readonly Effect[]): Effect[] {
  const isWrite = ({ kind }: Effect) => kind === "writeWeight";
  return [...effects.filter(isWrite), ...effects.filter((each) => !isWrite(each))];
}

function event({ reason, message, warning }: Said): Effect {
  return { kind: "emitEvent", type: warning === true ? "Warning" : "Normal", reason, message };
}

function present<T extends Record<string, unknown>>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
