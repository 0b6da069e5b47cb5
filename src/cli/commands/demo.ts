// serin demo: the story in three acts, in a sandbox; the same as npm start.

import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { wantsColor } from "../format/paint.ts";
import { addPrintOptions } from "../options.ts";
import { addSandboxOptions, type SandboxFlags, sandboxOptions } from "../sandbox-options.ts";
import type { Session } from "../session.ts";

interface DemoFlags extends SandboxFlags {
  once?: boolean;
  fast?: boolean;
}

export const define: Define = (command, act) => {
  addSandboxOptions(command);
  command
    .option("--once", "end after the story; exit code 1 when anything in it did not hold")
    .option("--fast", "shorter pauses")
    .addHelpText(
      "after",
      "\nWithout --once the sandbox stays up after the story, until Ctrl-C. The report is in .serin/report/.",
    );
  addPrintOptions(command);
  act(demo);
};

async function demo(session: Session, _args: string[], options: DemoFlags): Promise<number> {
  const { world } = session;
  const outcome = await world.demo({
    ...sandboxOptions(session, options),
    once: options.once === true,
    fast: options.fast === true,
    color: wantsColor(world.stdout, world.env, session.options.color ?? "auto"),
    stdout: world.stdout,
    stderr: world.stderr,
    signal: world.interrupted,
  });
  return outcome.failures.length === 0 ? EXIT.ok : EXIT.failed;
}
