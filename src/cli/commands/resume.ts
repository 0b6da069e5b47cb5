// serin resume: go on with a rollout that a person holds.

import { type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import type { Define } from "../command.ts";

export const define: Define = (command, act) => {
  addActionGrammar(command);
  act<ActionOptions>((session, [name], options) =>
    runAction(session, name!, { verb: "resume", inverse: "pause NAME" }, options),
  );
};
