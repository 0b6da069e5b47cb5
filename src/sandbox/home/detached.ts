// `serin up -d`: the sandbox in a process of its own, in a session of its own, that stays when this one ends.

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Addresses, readAddresses, removeAddresses } from "./addresses.ts";
import type { HomePaths } from "./paths.ts";

export interface DetachedStart {
  paths: HomePaths;
  /** The program's main file. */
  main: string;
  /** What the new process finds in SERIN_DETACHED. */
  options: Record<string, unknown>;
  env: Readonly<Record<string, string | undefined>>;
}

const PATIENCE_MS = 30_000;

/** Resolves when the new process has written its addresses; throws with what it printed when it ends before. */
export async function startDetached({ paths, main, options, env }: DetachedStart): Promise<Addresses> {
  mkdirSync(dirname(paths.startLog), { recursive: true });
  removeAddresses(paths);
  const out = openSync(paths.startLog, "w");
  const { SERIN_LAUNCHER: _launcher, ...kept } = env;
  const child = spawn(process.execPath, [main], {
    detached: true,
    stdio: ["ignore", out, out],
    env: { ...kept, SERIN_DETACHED: JSON.stringify(options) },
  });
  closeSync(out);
  let ended = false;
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 20) {
    const addresses = readAddresses(paths);
    if (addresses !== undefined) {
      child.unref();
      return addresses;
    }
    if (ended) throw new Error(startText(paths));
    await sleep(20);
  }
  child.kill("SIGTERM");
  throw new Error(
    `The sandbox did not answer within ${PATIENCE_MS / 1000} s. Its log is ${paths.log}.\n${startText(paths)}`,
  );
}

function startText(paths: HomePaths): string {
  const text = readFileSync(paths.startLog, "utf8").trim();
  return text === "" ? `The sandbox ended before it answered. Its log is ${paths.log}.` : text;
}
