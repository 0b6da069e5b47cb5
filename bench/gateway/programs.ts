// The programs that are measured against and with: where they are, or what to do when they are not.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Programs {
  nginx: string;
  wrk: string;
  /** Undefined where there is none: it is left out, aloud. */
  envoy: string | undefined;
}

const HOW_TO_GET_ENVOY =
  "Put the program at /usr/bin/envoy, or set SERIN_ENVOY_BIN to it (https://www.envoyproxy.io/docs/envoy/latest/start/install)";

/** Throws what is missing and how to get it. */
export async function findPrograms(env: NodeJS.ProcessEnv): Promise<Programs> {
  const missing = [
    await absent("nginx", ["-v"], "nginx (upstream and rival): apt-get install nginx-light"),
    await absent("wrk", ["-v"], "wrk (the client): apt-get install wrk"),
  ].filter((each) => each !== undefined);
  if (missing.length > 0) throw new Error(`bench:gateway needs\n  ${missing.join("\n  ")}`);
  return { nginx: "nginx", wrk: "wrk", envoy: findEnvoy(env) };
}

function findEnvoy(env: NodeJS.ProcessEnv): string | undefined {
  const named = env["SERIN_ENVOY_BIN"];
  if (named && !existsSync(named)) throw new Error(`SERIN_ENVOY_BIN is ${named}, which does not exist`);
  if (named) return named;
  return existsSync("/usr/bin/envoy") ? "/usr/bin/envoy" : undefined;
}

export function envoyLeftOut(): string {
  return `ENVOY IS LEFT OUT: there is no Envoy, so the targets that compare with it are not measured. ${HOW_TO_GET_ENVOY}.`;
}

async function absent(program: string, args: string[], cure: string): Promise<string | undefined> {
  return await run(program, args).then(
    () => undefined,
    // wrk -v ends with 1.
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? cure : undefined),
  );
}
