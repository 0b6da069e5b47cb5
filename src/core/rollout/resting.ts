// No rollout runs. Serin writes no weights here; it looks whether a new rollout is due, and starts it by adopting what it
// finds: never a jump towards less proven traffic that is not said.

import { newEvidence, tallyReading } from "../analysis/evidence.ts";
import { formatTime } from "../kubernetes/time.ts";
import type { CanarySpec } from "../spec/canary.ts";
import type { TrafficTarget } from "../traffic/split.ts";
import type { Said } from "./explain.ts";
import * as explain from "./explain.ts";
import { goBack, isVerdict } from "./going-back.ts";
import { rolloutId } from "./identity.ts";
import type { RejectedVersion, RolloutStatus } from "./status.ts";
import { enterStep, firstStep } from "./stepping.ts";
import { takeUp } from "./taking-up.ts";
import { decide, effect, hold, isRunning, isTailing, type RunningTurn, readableSplit, type Turn } from "./turn.ts";
import { rescale } from "./weights.ts";

export function rest(turn: Turn): Turn {
  const plan = planStart(turn);
  const asked = takeUp(turn, plan.ok ? undefined : plan.said.message);
  if (isRunning(asked)) return goBack(asked); // an undo
  if (asked.retrying !== true && hasEnded(asked)) return settle(asked);
  return plan.ok ? begin(asked, plan) : stalled(asked, plan.said);
}

type Version = Pick<RolloutStatus, "stable" | "canary" | "templateHash">;

/** Everything that a rollout needs to begin. */
interface Plan {
  ok: true;
  version: Version;
  spec: CanarySpec;
  target: TrafficTarget;
  found: Found;
}

interface Found {
  canaryWeight: number;
  total: number;
}

function planStart(turn: Turn): Plan | { ok: false; said: Said } {
  const blocked = (said: Said) => ({ ok: false as const, said });
  const { spec, workloads, rival, resolution, split } = turn.input.observation;
  if (!spec.ok) return blocked(explain.specInvalid(spec.errors));
  const { versions } = spec.spec;
  const missing = [versions.stable, versions.canary].find((name) => workloads[name] === undefined);
  if (missing !== undefined) return blocked(explain.deploymentMissing(missing));
  if (rival !== undefined) return blocked(explain.routeTaken(rival));
  if (!resolution.ok) return blocked(explain.unresolved(resolution.reason, resolution.message));
  const version = { ...versions, templateHash: workloads[versions.canary]!.templateHash };
  if (split?.canaryWeight === undefined) return blocked(notCarrying(turn, version));
  const { total } = resolution.target;
  const found = { canaryWeight: rescale(split.canaryWeight, split.total, total), total };
  return { ok: true, version, spec: spec.spec, target: resolution.target, found };
}

/** The spec still names the rollout that has ended. A Deployment that was deleted since then changes nothing about that. */
function hasEnded({ rollout, input }: Turn): boolean {
  const { spec, workloads } = input.observation;
  if (rollout === undefined || !spec.ok || !isVerdict(rollout.endReason ?? "")) return false;
  const { stable, canary } = spec.spec.versions;
  const hash = workloads[canary]?.templateHash ?? rollout.templateHash;
  return rollout.stable === stable && rollout.canary === canary && rollout.templateHash === hash;
}

/** The rollout has ended: keeps saying what the routes say, and lets the Canary go. */
function settle(turn: Turn): Turn {
  const { dataPlane, resolution, canary } = turn.input.observation;
  const split = readableSplit(turn);
  const released = tally(canary.held ? effect(turn, { kind: "removeFinalizer" }) : turn);
  if (split === undefined || released.weight === undefined) return released;
  const { observed: _, acknowledged: known, ...kept } = released.weight;
  const found = split.canaryWeight;
  const weight = { ...kept, wanted: found, written: found };
  const acknowledged = dataPlane.route?.acknowledged === true ? found : found === kept.written ? known : undefined;
  const target = resolution.ok ? resolution.target : turn.target;
  return { ...released, target, weight: acknowledged === undefined ? weight : { ...weight, acknowledged } };
}

/** Requests that were under way when the traffic was taken back are answered a moment later, and are harm too. */
function tally(turn: Turn): Turn {
  const { evidence, weight, input } = turn;
  const { counters } = input.observation;
  if (!isTailing(turn) || counters === undefined || evidence === undefined || weight === undefined) return turn;
  const context = { nowMs: input.nowMs, weight: weight.written, total: weight.total };
  return { ...turn, evidence: tallyReading(evidence, counters, context) };
}

function begin(turn: Turn, plan: Plan): Turn {
  const { version, target, found } = plan;
  if (found.canaryWeight === found.total) return adoptCompleted(turn, plan);
  const before = turn.rejected.find(({ id }) => id === rolloutId(version, 1));
  if (before === undefined) return start(open(turn, version, 1, target, found), plan.spec);
  if (turn.retrying === true) return start(open(turn, version, before.attempt + 1, target, found), plan.spec);
  return recall(turn, plan, before);
}

function open(turn: Turn, version: Version, attempt: number, target: TrafficTarget, found: Found): RunningTurn {
  const { nowMs } = turn.input;
  const { canaryWeight, total } = found;
  const rollout: RolloutStatus = {
    id: rolloutId(version, attempt),
    ...version,
    attempt,
    startedAt: formatTime(nowMs),
    step: 0,
    startWeight: canaryWeight,
  };
  const weight = { wanted: canaryWeight, written: canaryWeight, total };
  return { ...turn, rollout, target, weight, evidence: newEvidence(nowMs, attempt) };
}

function start(opened: RunningTurn, spec: CanarySpec): Turn {
  const { written, total } = opened.weight;
  const turn = enterStep(opened, firstStep(spec.strategy.steps, written, total));
  const said = written === 0 ? [] : [explain.adopted(turn.rollout, turn.weight)];
  return hold(decide(turn, explain.started(turn.rollout, turn.evidence.limit), ...said), {
    ...explain.started(turn.rollout, turn.evidence.limit),
    atMs: turn.input.nowMs,
  });
}

function adoptCompleted(turn: Turn, { version, target, found, spec }: Plan): Turn {
  const opened = open(turn, version, 1, target, found);
  const said = explain.adoptedCompleted(version.canary);
  const end = { endedAt: formatTime(turn.input.nowMs), endReason: said.reason, endMessage: said.message };
  return decide({ ...opened, rollout: { ...opened.rollout, step: spec.strategy.steps.length, ...end } }, said);
}

/** This very version was aborted or undone before another one came: it does not start again without a retry. */
function recall(turn: Turn, { version, target, found }: Plan, before: RejectedVersion): Turn {
  const opened = open(turn, version, before.attempt, target, found);
  const end = { endedAt: before.at, endReason: before.reason, endMessage: before.message };
  const said = explain.rejectedBefore(version.canary, before.message);
  return decide({ ...opened, rollout: { ...opened.rollout, ...end } }, said);
}

function notCarrying(turn: Turn, version: Version): Said {
  const { split } = turn.input.observation;
  if (split === undefined) return explain.routeGone();
  const last = turn.rollout?.endReason === "Completed" ? turn.rollout.canary : turn.rollout?.stable;
  if (last === undefined || last === version.stable) return explain.routeUnreadable(split.problem);
  return explain.notCarrying(version.stable, version.canary, last === version.canary ? undefined : last, split.problem);
}

function stalled(turn: Turn, said: Said): Turn {
  const { canary } = turn.input.observation;
  const released = canary.held ? effect(turn, { kind: "removeFinalizer" }) : turn;
  return hold(released, { ...said, phase: "Stalled" });
}
