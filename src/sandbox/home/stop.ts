// Ends a running sandbox from another process: TERM, patience, KILL. The shims end their pods in either case.

import { setTimeout as sleep } from "node:timers/promises";
import { lockHolder } from "./lock.ts";
import type { HomePaths } from "./paths.ts";
import { isAlive } from "./process-info.ts";

const PATIENCE_MS = 15_000;

/** Resolves when the process that held the home's lock is gone. */
export async function stopRunning(paths: HomePaths): Promise<"stopped" | "notRunning"> {
  const holder = lockHolder(paths.lock);
  if (holder === undefined) return "notRunning";
  process.kill(holder.pid, "SIGTERM");
  for (let waitedMs = 0; isAlive(holder); waitedMs += 50) {
    if (waitedMs === PATIENCE_MS) process.kill(holder.pid, "SIGKILL");
    if (waitedMs > 2 * PATIENCE_MS) throw new Error(`Process ${holder.pid} does not end, not even by SIGKILL.`);
    await sleep(50);
  }
  return "stopped";
}
