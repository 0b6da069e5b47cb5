// serin version: of this program and of the server it talks to.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isClusterError } from "../../ports/cluster.ts";
import type { Define } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { yamlText } from "../format/objects.ts";
import { addCommonOptions, outputOption } from "../options.ts";
import { describe, usageProblem } from "../problems.ts";
import type { Connected, Session } from "../session.ts";
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
  const failure = options.client === true ? undefined : await askServer(session, versions);
  await print(session, versions, options.output);
  return failure ?? EXIT.ok;
}

/** The exit code where it fails. What is known of this program is told all the same. */
async function askServer(session: Session, versions: Versions): Promise<number | undefined> {
  try {
    const connection = await connectionIfConfigured(session);
    if (connection === undefined) session.hint("no cluster configured (serin up starts a sandbox)");
    else versions.server = await connection.serverVersion();
    return undefined;
  } catch (error) {
    const { text, exitCode } = describe(error, { verbose: session.options.verbose === true });
    session.world.stderr.write(`${text}\n`);
    return exitCode;
  }
}

/** Undefined when there is no cluster to ask: the machine on which Serin is looked at for the first time. */
async function connectionIfConfigured(session: Session): Promise<Connected | undefined> {
  try {
    return await session.connect();
  } catch (error) {
    if (isClusterError(error, "Unreachable")) return undefined;
    throw error;
  }
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
