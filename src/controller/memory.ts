// What the shell remembers of one Canary between passes. All of it may be lost at any moment: a new process starts from
// the stored status and asks again.

import type { CounterSnapshot } from "../core/analysis/evidence.ts";
import type { CanaryStatus } from "../core/rollout/status.ts";
import type { CanaryAction } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";

export interface Memory {
  /** Status as decided last; runs ahead of what is stored. */
  status: CanaryStatus | undefined;
  /** Status as sent last and surely stored, and the same as the API gave it back. */
  stored: CanaryStatus | undefined;
  storedAnswer: unknown;
  storedAtMs: number;
  /** The object as the API gave it last, to write status against. */
  object: Canary;
  counters: CounterSnapshot | undefined;
  /** Answers on their way to the API, by the action's uid: an action is never answered two ways. */
  answers: Map<string, NonNullable<CanaryAction["status"]>>;
  /** Conflicts of route writes in a row. */
  conflicts: number;
}

export function newMemory(object: Canary): Memory {
  return {
    status: object.status,
    stored: object.status,
    storedAnswer: object.status,
    storedAtMs: Number.NEGATIVE_INFINITY,
    object,
    counters: undefined,
    answers: new Map(),
    conflicts: 0,
  };
}
