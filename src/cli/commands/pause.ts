// serin pause: hold the rollout where it is.

import { type ActionOptions, addActionGrammar, runAction } from "../action-command.ts";
import type { Define } from "../command.ts";

export const define: Define = (command, act) => {
  addActionGrammar(command);
  act<ActionOptions>((session, [name], options) =>
    runAction(session, name!, { verb: "pause", inverse: "resume NAME" }, options),
  );
};
