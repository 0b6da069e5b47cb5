// serin up: the sandbox, in the foreground until Ctrl-C, or in a process of its own with -d.

import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { addPrintOptions, outputOption } from "../options.ts";
import { usageProblem } from "../problems.ts";
import { addSandboxOptions, type SandboxFlags, sandboxOptions, sayAddresses } from "../sandbox-options.ts";
import type { Session } from "../session.ts";
import type { SandboxAddresses } from "../world.ts";

interface UpOptions extends SandboxFlags {
  detach?: boolean;
  output?: string;
}

export const define: Define = (command, act) => {
  addSandboxOptions(command);
  command
    .option("-d, --detach", "in the background: returns when it is up; serin down ends it")
    .addOption(outputOption("json"));
  addPrintOptions(command);
  act(up);
};

async function up(session: Session, _args: string[], options: UpOptions): Promise<number> {
  if (options.output !== undefined && options.output !== "json")
    throw usageProblem(`unknown output format "${options.output}"`, "Formats: json");
  const wanted = sandboxOptions(session, options);
  if (options.detach === true) {
    const addresses = await session.world.startDetachedSandbox(wanted);
    say(session, addresses, options);
    session.hint("It runs in the background; to end it: serin down");
    return EXIT.ok;
  }
  const sandbox = await session.world.startSandbox(wanted);
  say(session, sandbox, options);
  session.hint("Press Ctrl-C to end it; what it keeps stays for the next start.");
  const ended = await Promise.race([sandbox.stopped.then(() => "itself" as const), aborted(session.world.interrupted)]);
  await sandbox.stop();
  return ended === "itself" ? EXIT.failed : EXIT.interrupted;
}

function say(session: Session, addresses: SandboxAddresses, { output }: UpOptions): void {
  const { gatewayUrl, gatewayTlsUrl, apiUrl, statsUrl, kubeconfigFile } = addresses;
  if (output === "json")
    session.print(JSON.stringify({ gatewayUrl, gatewayTlsUrl, apiUrl, statsUrl, kubeconfigFile }, null, 2));
  else sayAddresses(session, addresses);
}

function aborted(signal: AbortSignal): Promise<"interrupted"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("interrupted");
    signal.addEventListener("abort", () => resolve("interrupted"), { once: true });
  });
}
