// The heart: what to do about one Canary, from what is known about it. Pure; the shell (src/controller) does the rest.
//
//   situation   means                                        file
//   leaving     the object or its namespace is being deleted  leaving.ts
//   running     a rollout has begun and not ended             running.ts: reading-back, taking-up, sensing, stepping
//               ... and is on its way back to stable          going-back.ts
//   resting     no rollout: adopts, starts, or stays          resting.ts

import { conclude } from "./conclude.ts";
import type { DecideInput, Decision } from "./decision.ts";
import { leave } from "./leaving.ts";
import { rest } from "./resting.ts";
import { runRollout } from "./running.ts";
import { isRunning, openTurn, type Turn } from "./turn.ts";

export function decide(input: DecideInput): Decision {
  return conclude(act(openTurn(input)));
}

function act(turn: Turn): Turn {
  const { deleting, namespaceTerminating } = turn.input.observation.canary;
  if (deleting || namespaceTerminating) return leave(turn);
  return isRunning(turn) ? runRollout(turn) : rest(turn);
}
