// Actions are taken up once each, abort first: stale, doubled and impossible ones are refused with the reason, and the
// others change the turn. Accepted when taken up; Done when that is surely stored and has happened.

import { formatTime, parseTime } from "../kubernetes/time.ts";
import type { CanaryAction, Verb } from "../spec/action.ts";
import { can } from "./can.ts";
import type { Effect } from "./decision.ts";
import * as explain from "./explain.ts";
import { beginReturn } from "./going-back.ts";
import type { RolloutStatus } from "./status.ts";
import { enterStep } from "./stepping.ts";
import { decide, effect, isReturning, isRunning, type RunningTurn, specOf, stepsOf, type Turn } from "./turn.ts";

/** More than are kept as objects, so that a kept one is never taken up twice. */
const REMEMBERED_ACTIONS = 100;

/** `startBlocked` says why no rollout could start now: then a retry is refused with it, instead of being lost. */
export function takeUp(turn: Turn, startBlocked?: string): Turn {
  const pending = turn.input.observation.actions.filter((action) => isPending(action, turn)).sort(abortFirst);
  const answered = pending.reduce((each, action) => takeUpOne(each, action, startBlocked), turn);
  return effect(answered, ...confirmations(answered), ...overdue(answered));
}

/** The next moment at which an action expires by itself. */
export function nextExpiryMs(turn: Turn): number | undefined {
  const times = turn.input.observation.actions
    .filter((action) => isPending(action, turn) && action.spec.expiresAt !== undefined)
    .map((action) => parseTime(action.spec.expiresAt!))
    .filter((ms) => ms > turn.input.nowMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

function isPending({ metadata, status }: CanaryAction, turn: Turn): boolean {
  const open = status === undefined || status.state === "Accepted";
  return open && !turn.actionsSeen.includes(metadata.uid ?? metadata.name);
}

function abortFirst(a: CanaryAction, b: CanaryAction): number {
  const rank = ({ spec }: CanaryAction) => (spec.verb === "abort" ? 0 : 1);
  const time = ({ metadata }: CanaryAction) => metadata.creationTimestamp ?? "";
  return rank(a) - rank(b) || time(a).localeCompare(time(b)) || a.metadata.name.localeCompare(b.metadata.name);
}

function takeUpOne(turn: Turn, action: CanaryAction, startBlocked: string | undefined): Turn {
  const because = expiry(action, turn.input.nowMs) ?? refusal(action, turn, startBlocked);
  if (because !== undefined) return effect(turn, answer(action, because.state, because.message));
  const uid = action.metadata.uid ?? action.metadata.name;
  const actionsSeen = [...turn.actionsSeen, uid].slice(-REMEMBERED_ACTIONS);
  return carryOut({ ...turn, actionsSeen }, action);
}

interface Refusal {
  state: "Refused" | "Expired";
  message: string;
}

function expiry({ spec }: CanaryAction, nowMs: number): Refusal | undefined {
  if (spec.expiresAt === undefined) return undefined;
  const atMs = parseTime(spec.expiresAt);
  if (Number.isNaN(atMs)) return { state: "Refused", message: explain.badExpiry(spec.expiresAt) };
  return atMs <= nowMs ? { state: "Expired", message: explain.expired(spec.expiresAt) } : undefined;
}

function refusal({ spec }: CanaryAction, turn: Turn, startBlocked: string | undefined): Refusal | undefined {
  const refuse = (message: string): Refusal => ({ state: "Refused", message });
  const { rollout } = turn;
  const stale = staleness(spec, rollout);
  if (stale !== undefined) return refuse(stale);
  const status = rollout === undefined ? undefined : { phase: "Idle" as const, message: "", conditions: [], rollout };
  const permission = can(spec.verb, status, stepsOf(turn));
  if (!permission.allowed) return refuse(`${spec.verb}: ${permission.because}`);
  if (spec.verb === "retry" && startBlocked !== undefined) return refuse(`retry: ${startBlocked}`);
  const undoBlocked = spec.verb === "undo" && rollout !== undefined ? cannotUndo(rollout, turn) : undefined;
  return undoBlocked === undefined ? undefined : refuse(`undo: ${undoBlocked}`);
}

function cannotUndo(rollout: RolloutStatus, turn: Turn): string | undefined {
  const versions = specOf(turn)?.versions;
  const isOther = versions !== undefined && (versions.stable !== rollout.stable || versions.canary !== rollout.canary);
  if (isOther) return explain.otherVersionsNamed(rollout);
  const exists = turn.input.observation.workloads[rollout.stable] !== undefined;
  return exists ? undefined : explain.stableMissing(rollout.stable);
}

/** A double click or an old file means a rollout or a step that is not the present one. */
function staleness(spec: CanaryAction["spec"], rollout: Turn["rollout"]): string | undefined {
  if (spec.rollout !== undefined && spec.rollout !== rollout?.id)
    return explain.staleRollout(spec.rollout, rollout?.id);
  return spec.step !== undefined && spec.step !== rollout?.step
    ? explain.staleStep(spec.step, rollout?.step)
    : undefined;
}

/** `can` has said yes, so the rollout is in a state that the verb fits. */
function carryOut(turn: Turn, action: CanaryAction): Turn {
  const by = action.spec.by ?? "somebody";
  const { verb, reason } = action.spec;
  if (verb === "retry") return { ...turn, retrying: true };
  if (verb === "undo") return beginUndo(turn, by);
  if (!isRunning(turn)) return turn;
  return running(turn, verb, by, reason);
}

function running(turn: RunningTurn, verb: Exclude<Verb, "retry" | "undo">, by: string, why?: string): Turn {
  const { heldBy: _, ...released } = turn.rollout;
  switch (verb) {
    case "abort":
      return beginReturn(turn, explain.manualAbort(by, why));
    case "pause":
      return decide({ ...turn, rollout: { ...turn.rollout, heldBy: by } }, explain.heldBy(by));
    case "resume":
      return decide({ ...turn, rollout: released }, explain.resumed(by));
    case "promote": {
      const step = stepsOf(turn)[released.step];
      const free = { ...turn, rollout: released };
      const next = step !== undefined && "pause" in step ? enterStep(free, released.step + 1) : free;
      return decide(next, explain.promoted(by, next.rollout.step));
    }
    case "promoteFull":
      return decide({ ...turn, rollout: { ...released, full: true } }, explain.promotedFull(by, released.canary));
    case "skip":
      return decide(enterStep(turn, turn.rollout.step + 1), explain.skipped(by, turn.rollout.step));
  }
}

function beginUndo(turn: Turn, by: string): Turn {
  const { rollout, evidence, target, weight } = turn;
  if (rollout === undefined || target === undefined || weight === undefined || evidence === undefined) return turn;
  const { endedAt: _, ...completed } = rollout;
  const again = { ...completed, stepStartedAt: formatTime(turn.input.nowMs) };
  const said = explain.undoing(by, rollout.stable);
  return beginReturn({ ...turn, rollout: again, target, weight, evidence }, { ...said, reason: "Undone" });
}

/** What was taken up is confirmed: Accepted at once, Done when it has happened and is stored. */
function confirmations(turn: Turn): Effect[] {
  return turn.input.observation.actions.flatMap((action) => {
    const uid = action.metadata.uid ?? action.metadata.name;
    const state = action.status?.state;
    if (!turn.actionsSeen.includes(uid) || (state !== undefined && state !== "Accepted")) return [];
    const stored = turn.input.observation.stored.actionsSeen.includes(uid);
    if (stored && hasHappened(action, turn))
      return [answer(action, "Done", explain.done(action.spec.verb, turn.rollout))];
    return state === "Accepted" ? [] : [answer(action, "Accepted", explain.accepted(action.spec.verb))];
  });
}

/** Going back takes a while; everything else has happened once it is decided. */
function hasHappened({ spec }: CanaryAction, { rollout }: Turn): boolean {
  return (spec.verb !== "abort" && spec.verb !== "undo") || rollout === undefined || !isReturning(rollout);
}

function answer(
  { metadata }: CanaryAction,
  state: "Accepted" | "Done" | "Refused" | "Expired",
  message: string,
): Effect {
  return { kind: "answerAction", name: metadata.name, uid: metadata.uid ?? "", state, message };
}

/** Answered actions beyond the newest that are kept as the audit log. */
function overdue(turn: Turn): Effect[] {
  const { observation, policy } = turn.input;
  const answered = observation.actions.filter(({ status }) => status !== undefined && status.state !== "Accepted");
  const time = ({ metadata }: CanaryAction) => metadata.creationTimestamp ?? "";
  const newestFirst = answered.sort(
    (a, b) => time(b).localeCompare(time(a)) || b.metadata.name.localeCompare(a.metadata.name),
  );
  return newestFirst
    .slice(policy.keptActions)
    .map(({ metadata }) => ({ kind: "deleteAction", name: metadata.name, uid: metadata.uid ?? "" }));
}
