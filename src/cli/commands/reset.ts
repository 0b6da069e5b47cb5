// serin reset: forgets everything that the sandbox keeps; asks first.

import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { addPrintOptions, homeOption } from "../options.ts";
import { usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";

export const define: Define = (command, act) => {
  command.addOption(homeOption()).option("-y, --yes", "do not ask");
  addPrintOptions(command);
  act(reset);
};

async function reset(session: Session, _args: string[], { yes }: { yes?: boolean }): Promise<number> {
  const { world, homeDir } = session;
  if (yes !== true && !(await confirmed(session))) {
    session.hint("Nothing was deleted.");
    return EXIT.failed;
  }
  await world.stopSandbox(homeDir);
  await world.resetSandbox(homeDir);
  session.print(`Everything that the sandbox kept under ${homeDir} is deleted.`);
  return EXIT.ok;
}

/** What is lost cannot be had back, so without a terminal it needs --yes. */
async function confirmed({ world, homeDir }: Session): Promise<boolean> {
  if (world.stdin.isTTY !== true)
    throw usageProblem(`reset deletes all that is kept under ${homeDir}`, "Without a terminal say so with --yes.");
  world.stderr.write(`Stop the sandbox and delete all that is kept under ${homeDir}? [y/N] `);
  return /^y(es)?$/i.test((await world.stdin.line())?.trim() ?? "");
}
