// The steps strategy: as far as the steps, the data and people let it, in one pass.

import { nextDataLookMs } from "../analysis/data-state.ts";
import { parseDurationMs } from "../kubernetes/duration.ts";
import { formatTime, parseTime } from "../kubernetes/time.ts";
import type { Step } from "../spec/canary.ts";
import * as explain from "./explain.ts";
import { beginReturn, goBack } from "./going-back.ts";
import { moveTo } from "./moving.ts";
import { decide, hold, type RunningTurn, specOf, stepsOf, type Turn } from "./turn.ts";
import { unitsOf } from "./weights.ts";

export function advance(turn: RunningTurn): Turn {
  if (specOf(turn) === undefined) return hold(turn, { ...invalid(turn), phase: "Stalled" });
  const { rollout } = turn;
  if (turn.evidence.state === "blind" && rollout.full !== true) return waitLikeBefore(freeze(turn));
  if (rollout.heldBy !== undefined) return hold(turn, { ...explain.heldBy(rollout.heldBy), phase: "Paused" });
  if (rollout.fellBackFrom !== undefined) return recover(turn, rollout.fellBackFrom);
  return remark(walk(turn), turn.evidence.state === "quiet");
}

/** Silence is part of what a wait says. */
function remark(turn: Turn, isQuiet: boolean): Turn {
  if (turn.hold === undefined || !isQuiet) return turn;
  return hold(turn, { ...turn.hold, message: `${turn.hold.message} ${explain.QUIET}` });
}

/** The first step after the longest run of steps that ask for no more than what is found: never a jump that nobody asked for. */
export function firstStep(steps: readonly Step[], found: number, total: number): number {
  let after = 0;
  for (const [index, step] of steps.entries()) {
    if (!("setWeight" in step)) continue;
    if (unitsOf(step.setWeight, total) > found) break;
    after = index + 1;
  }
  return after;
}

/** The turn at another step, whose time and requests begin now. */
export function enterStep(turn: RunningTurn, step: number): RunningTurn {
  const { evidence, input } = turn;
  const stepRequests = { stable: evidence.stable.requests, canary: evidence.canary.requests };
  return { ...turn, rollout: { ...turn.rollout, step, stepStartedAt: formatTime(input.nowMs), stepRequests } };
}

/** Each round either holds or goes one step further, so it ends. */
function walk(start: RunningTurn): Turn {
  const steps = stepsOf(start);
  let turn = begunByNow(start);
  for (;;) {
    const { rollout, weight } = turn;
    const step = rollout.full === true ? undefined : steps[rollout.step];
    if (step === undefined) return finish(turn, steps.length);
    turn = "setWeight" in step ? moveTo(turn, unitsOf(step.setWeight, weight.total)) : pause(turn, step.pause.duration);
    if (turn.hold !== undefined) return turn;
    turn = enterStep(turn, rollout.step + 1);
  }
}

/** The clock was set back: a step that would begin in the future begins now, or a pause of seconds could last for hours. */
function begunByNow(turn: RunningTurn): RunningTurn {
  const { rollout, input } = turn;
  const isAhead = rollout.stepStartedAt !== undefined && parseTime(rollout.stepStartedAt) > input.nowMs;
  return isAhead ? { ...turn, rollout: { ...rollout, stepStartedAt: formatTime(input.nowMs) } } : turn;
}

function finish(turn: RunningTurn, steps: number): Turn {
  const there = moveTo(turn, turn.weight.total);
  if (there.hold !== undefined) return there;
  const said = explain.completed(there.rollout, there.evidence);
  const { stepStartedAt: _, ...rollout } = there.rollout;
  const end = { endedAt: formatTime(turn.input.nowMs), endReason: said.reason, endMessage: said.message };
  return decide({ ...there, rollout: { ...rollout, step: steps, ...end } }, said);
}

function pause(turn: RunningTurn, duration: string | undefined): RunningTurn {
  const { rollout, weight, evidence, input } = turn;
  if (duration === undefined)
    return hold(turn, { ...explain.pausedForPerson(rollout.step, rollout.canary, weight), phase: "Paused" });
  const durationMs = parseDurationMs(duration) ?? 0;
  const endsAtMs = parseTime(rollout.stepStartedAt ?? formatTime(input.nowMs)) + durationMs;
  if (input.nowMs < endsAtMs)
    return hold(turn, { ...explain.pausedFor(rollout.step, durationMs, rollout.canary, weight), atMs: endsAtMs });
  // ADR 0011: time that passed without a single request of the canary has shown nothing.
  const seen = evidence.canary.requests - (rollout.stepRequests?.canary ?? 0);
  if (weight.written > 0 && seen === 0 && durationMs > 0) return hold(turn, explain.waitingForRequests(rollout.canary));
  return turn;
}

/** Blind: nothing moves; after a while less is at risk; after a long while what is proven carries all again (ADR 0011). */
function freeze(turn: RunningTurn): Turn {
  const { evidence, input, rollout, weight } = turn;
  const { policy, nowMs } = input;
  const sinceMs = parseTime(evidence.blindSince ?? formatTime(nowMs));
  const blindMs = nowMs - sinceMs;
  if (weight.written === 0) return hold(turn, explain.blind(rollout.canary, weight));
  if (blindMs >= policy.blindAbortMs) return goBack(beginReturn(turn, explain.blindAbort(blindMs)));
  const least = leastWeight(turn);
  if (blindMs < policy.blindFallbackMs || weight.written <= least)
    return hold(turn, {
      ...explain.blind(rollout.canary, weight),
      atMs: sinceMs + (blindMs < policy.blindFallbackMs ? policy.blindFallbackMs : policy.blindAbortMs),
    });
  const falling = { ...rollout, fellBackFrom: rollout.fellBackFrom ?? weight.written };
  const said =
    rollout.fellBackFrom === undefined ? [explain.blindFallback(rollout.canary, least, weight.total, blindMs)] : [];
  return decide(moveTo({ ...turn, rollout: falling }, least), ...said);
}

/** Sight is back: the weight from before the fall, and the step begins anew, since nobody watched it. */
function recover(turn: RunningTurn, weight: number): Turn {
  const there = moveTo(turn, weight);
  if (there.hold !== undefined) return there;
  const { fellBackFrom: _, ...rollout } = there.rollout;
  return walk(enterStep({ ...there, rollout }, rollout.step));
}

/** A rollout that a person holds, or that waits for one, stays Paused however blind it is. */
function waitLikeBefore(turn: Turn): Turn {
  const { rollout, hold: waiting } = turn;
  if (rollout === undefined || rollout.endReason !== undefined || waiting === undefined) return turn;
  const step = stepsOf(turn)[rollout.step];
  const forPerson = step !== undefined && "pause" in step && step.pause.duration === undefined;
  return rollout.heldBy !== undefined || forPerson ? hold(turn, { ...waiting, phase: "Paused" }) : turn;
}

function leastWeight(turn: RunningTurn): number {
  const asked = stepsOf(turn).flatMap((step) => ("setWeight" in step && step.setWeight > 0 ? [step.setWeight] : []));
  return Math.min(turn.weight.written, ...asked.map((percent) => unitsOf(percent, turn.weight.total)));
}

function invalid(turn: RunningTurn) {
  const { spec } = turn.input.observation;
  return explain.specInvalid(spec.ok ? [] : spec.errors);
}

/** When time alone may change what the data say. */
export function dataLookMs(turn: RunningTurn): number {
  return nextDataLookMs(turn.evidence, turn.input.policy);
}
