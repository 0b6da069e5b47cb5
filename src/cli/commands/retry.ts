// serin retry: an aborted or undone rollout once more, from its first step.

import { type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import type { Define } from "../command.ts";

export const define: Define = (command, act) => {
  addActionGrammar(command);
  act<ActionOptions>((session, [name], options) =>
    runAction(session, name!, { verb: "retry", inverse: "abort NAME" }, options),
  );
};
