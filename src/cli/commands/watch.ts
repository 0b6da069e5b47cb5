// serin watch: the tree view, live.

import type { Define } from "../command.ts";
import { addCommonOptions } from "../options.ts";
import { followLive } from "../show-tree.ts";

export const define: Define = (command, act) => {
  command
    .argument("<name>", "the Canary")
    .addHelpText(
      "after",
      "\nOn a terminal it is redrawn in place; piped, it prints one line per change. Ctrl-C ends it.",
    );
  addCommonOptions(command);
  act((session, [name]) => followLive(session, name!));
};
