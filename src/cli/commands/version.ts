// serin version: of this program and of the server it talks to.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { yamlText } from "../format/objects.ts";
import { addCommonOptions, outputOption } from "../options.ts";
import { describe, usageProblem } from "../problems.ts";
import type { Session } from "../session.ts";
import type { ServerVersion } from "../world.ts";

interface VersionOptions {
  client?: boolean;
  output?: string;
}

export const define: Define = (command, act) => {
  command.option("--client", "only of this program; asks no server").addOption(outputOption("json", "yaml"));
  addCommonOptions(command);
  act(version);
};

interface Versions {
  client: { version: string; node: string };
  server?: ServerVersion;
}

async function version(session: Session, _args: string[], options: VersionOptions): Promise<number> {
  const versions: Versions = { client: { version: await ownVersion(), node: process.version } };
  let exitCode: number = EXIT.ok;
  if (options.client !== true)
    try {
      versions.server = await (await session.connect()).serverVersion();
    } catch (error) {
      const { text, exitCode: code } = describe(error, { verbose: session.options.verbose === true });
      session.world.stderr.write(`${text}\n`);
      exitCode = code;
    }
  await print(session, versions, options.output);
  return exitCode;
}

async function print(session: Session, { client, server }: Versions, format: string | undefined): Promise<void> {
  if (format === "json") return session.print(JSON.stringify({ client, server }, null, 2));
  if (format === "yaml") return session.print((await yamlText({ client, server })).trimEnd());
  if (format !== undefined) throw usageProblem(`unknown output format "${format}"`, "Formats: json, yaml");
  session.print(`Serin:  ${client.version} (Node ${client.node})`);
  if (server !== undefined) session.print(`Server: ${server.gitVersion}`);
}

async function ownVersion(): Promise<string> {
  const manifest = await readFile(join(import.meta.dirname, "..", "..", "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
