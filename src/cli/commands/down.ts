// serin down: ends the sandbox that runs from this home; what it keeps stays.

import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { addPrintOptions, homeOption } from "../options.ts";
import type { Session } from "../session.ts";

export const define: Define = (command, act) => {
  command.addOption(homeOption());
  addPrintOptions(command);
  act(down);
};

async function down(session: Session): Promise<number> {
  const outcome = await session.world.stopSandbox(session.homeDir);
  session.print(outcome === "stopped" ? "The sandbox is stopped." : `No sandbox runs from ${session.homeDir}.`);
  if (outcome === "stopped") session.hint("To start it again as it was: serin up");
  return EXIT.ok;
}
