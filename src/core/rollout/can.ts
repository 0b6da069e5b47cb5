// "May I press abort?": which action is allowed in which state, and why not. The same for controller, CLI and dashboard.

import type { Verb } from "../spec/action.ts";
import type { Step } from "../spec/canary.ts";
import type { CanaryStatus } from "./status.ts";

export type Permission = { allowed: true } | { allowed: false; because: string };

/** A rollout has begun and not ended: it moves, waits, or is on its way back. */
export function isRunningStatus({ rollout }: Pick<CanaryStatus, "rollout">): boolean {
  return rollout !== undefined && rollout.endedAt === undefined;
}

type State = "none" | "moving" | "pausing" | "held" | "returning" | "completed" | "rejected";

/** `steps` are those of the spec; without them (spec invalid) only abort, pause, resume, retry and undo can be judged. */
export function can(verb: Verb, status: CanaryStatus | undefined, steps: readonly Step[]): Permission {
  const state = stateOf(status, steps);
  const because = REFUSALS[verb][state];
  return because === undefined ? { allowed: true } : { allowed: false, because };
}

const NOTHING = "no rollout was ever started";
const GOING_BACK = "traffic is already going back to the stable version";
const COMPLETED = "the rollout is completed; to go back use undo";
const REJECTED = "the rollout has ended and traffic is on the stable version; to try the same version again use retry";

/** Absent: allowed. */
const REFUSALS: Record<Verb, Partial<Record<State, string>>> = {
  abort: { none: NOTHING, returning: GOING_BACK, completed: COMPLETED, rejected: REJECTED },
  pause: {
    none: NOTHING,
    held: "the rollout is already held; to go on use resume",
    returning: GOING_BACK,
    completed: COMPLETED,
    rejected: REJECTED,
  },
  resume: {
    none: NOTHING,
    moving: "nobody holds the rollout",
    pausing: "nobody holds the rollout, it is at a pause of its own; to go on use promote",
    returning: GOING_BACK,
    completed: COMPLETED,
    rejected: REJECTED,
  },
  promote: {
    none: NOTHING,
    moving: "the step is moving weight, which is never hurried; it goes on by itself",
    returning: GOING_BACK,
    completed: COMPLETED,
    rejected: REJECTED,
  },
  promoteFull: { none: NOTHING, returning: GOING_BACK, completed: COMPLETED, rejected: REJECTED },
  skip: {
    none: NOTHING,
    moving: "the step is moving weight, which is never hurried; only a pause can be skipped",
    held: "the rollout is held by a person; resume it first",
    returning: GOING_BACK,
    completed: COMPLETED,
    rejected: REJECTED,
  },
  retry: {
    none: NOTHING,
    moving: "the rollout is running",
    pausing: "the rollout is running",
    held: "the rollout is running",
    returning: `${GOING_BACK}; retry when it is there`,
    completed: COMPLETED,
  },
  undo: {
    none: NOTHING,
    moving: "the rollout is still running; to go back use abort",
    pausing: "the rollout is still running; to go back use abort",
    held: "the rollout is still running; to go back use abort",
    returning: GOING_BACK,
    rejected: REJECTED,
  },
};

function stateOf(status: CanaryStatus | undefined, steps: readonly Step[]): State {
  const rollout = status?.rollout;
  if (rollout === undefined) return "none";
  if (rollout.endedAt !== undefined) return rollout.endReason === "Completed" ? "completed" : "rejected";
  if (rollout.endReason !== undefined) return "returning";
  if (rollout.heldBy !== undefined) return "held";
  const step = steps[rollout.step];
  return step !== undefined && "pause" in step && rollout.full !== true ? "pausing" : "moving";
}
