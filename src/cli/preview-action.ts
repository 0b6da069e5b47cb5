// What an action would change in the routes, as a diff, without changing it.

import type { Verb } from "../core/spec/action.ts";
import type { Canary, Step } from "../core/spec/canary.ts";
import { routeDiffLines } from "./format/route-diff.ts";
import type { Connected, Session } from "./session.ts";

/** Lines; a sentence when no route changes. */
export async function previewAction(
  session: Session,
  connection: Connected,
  canary: Canary,
  verb: Verb,
): Promise<string[]> {
  const target = canary.status?.traffic;
  const percent = percentAfter(verb, canary.spec.strategy?.steps ?? [], canary.status?.rollout?.step ?? 0);
  if (target === undefined || percent === undefined) return ["No route would change at once."];
  const router = await session.world.router(connection.cluster);
  const reading = await router.read(target);
  const weight = Math.round((percent / 100) * target.total);
  const changes = await router.preview(target, reading, weight);
  const lines = changes.flatMap((change) => routeDiffLines(change, session.paint));
  return lines.length === 0 ? ["No route would change: the weights are there already."] : lines;
}

/** Pure: the canary's share that the action leads to at once; undefined when it moves nothing. */
export function percentAfter(verb: Verb, steps: readonly Step[], step: number): number | undefined {
  switch (verb) {
    case "abort":
    case "undo":
      return 0;
    case "promoteFull":
      return 100;
    case "promote":
    case "skip": {
      const next = steps.slice(step + 1).find((each) => "setWeight" in each);
      const pausedBefore = steps[step + 1] !== undefined && "pause" in steps[step + 1]!;
      return pausedBefore ? undefined : (next?.setWeight ?? 100);
    }
    case "pause":
    case "resume":
    case "retry":
      return undefined;
  }
}
