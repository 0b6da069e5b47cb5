// serin skip: past the pause that the rollout is at.

import { type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import type { Define } from "../command.ts";

export const define: Define = (command, act) => {
  addActionGrammar(command);
  act<ActionOptions>((session, [name], options) =>
    runAction(session, name!, { verb: "skip", inverse: "abort NAME" }, options),
  );
};
