// The four conditions. Ready, Progressing and Stalled follow kstatus, so that `kubectl wait` and GitOps tools understand them;
// RollbackReady tells at all times whether one write would bring all traffic back.

import type { Condition } from "../kubernetes/object.ts";
import { formatTime } from "../kubernetes/time.ts";
import type { Phase } from "./status.ts";
import { isWritable, type Turn, workload } from "./turn.ts";

interface Fact {
  type: string;
  status: Condition["status"];
  reason: string;
  message: string;
}

export function conditionsOf(turn: Turn, phase: Phase): Condition[] {
  const message = turn.hold?.message ?? turn.rollout?.endMessage ?? "Nothing to do.";
  const reason = turn.hold?.reason ?? turn.rollout?.endReason ?? "Idle";
  const stalled = phase === "Stalled";
  const under = ["Progressing", "Paused", "Aborting", "Undoing"].includes(phase);
  const facts: Fact[] = [
    { type: "Ready", status: phase === "Completed" ? "True" : "False", reason, message },
    { type: "Progressing", status: under ? "True" : "False", reason, message },
    {
      type: "Stalled",
      status: stalled ? "True" : "False",
      reason: stalled ? reason : "NotStalled",
      message: stalled ? message : "",
    },
    rollbackReady(turn),
  ];
  return facts.map((fact) => stamp(turn, fact));
}

function rollbackReady(turn: Turn): Fact {
  const fact = (status: Condition["status"], reason: string, message: string): Fact => ({
    type: "RollbackReady",
    status,
    reason,
    message,
  });
  const { rollout } = turn;
  if (rollout === undefined) return fact("Unknown", "NoRollout", "There is no rollout to take back.");
  if (!isWritable(turn))
    return fact("False", "RouteUnreadable", "The route is gone or cannot be read, so it cannot be written.");
  const { ready } = workload(turn, rollout.stable);
  if (ready === 0)
    return fact(
      "False",
      "StableNotReady",
      `${rollout.stable} has no ready endpoint: a rollback waits for the first one.`,
    );
  return fact("True", "StableReady", `${rollout.stable} is ready to take all the traffic back.`);
}

/** lastTransitionTime moves only when the status does. */
function stamp(turn: Turn, fact: Fact): Condition {
  const before = turn.input.status?.conditions.find(({ type }) => type === fact.type);
  const unchanged = before?.status === fact.status;
  return {
    ...fact,
    lastTransitionTime: unchanged ? before.lastTransitionTime : formatTime(turn.input.nowMs),
    observedGeneration: turn.input.observation.canary.generation,
  };
}
