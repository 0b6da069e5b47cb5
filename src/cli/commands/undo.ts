// serin undo: after completion, back to the version before; asks on a terminal.

import type { Canary } from "../../core/spec/canary.ts";
import { type ActionKind, type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import type { Define } from "../command.ts";
import { versionsOf } from "../rollout-view.ts";

export const define: Define = (command, act) => {
  addActionGrammar(command);
  command.option("-y, --yes", "do not ask");
  act<ActionOptions>((session, [name], options) => runAction(session, name!, UNDO, options));
};

const UNDO: ActionKind = { verb: "undo", inverse: "retry NAME", question };

function question(canary: Canary): string {
  const { stable, canary: now } = versionsOf(canary);
  return `Take all traffic of canary "${canary.metadata.name}" from ${now} back to ${stable}?`;
}
