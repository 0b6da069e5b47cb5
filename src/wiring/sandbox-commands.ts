// What `serin up`, `up -d`, `down` and `reset` do.

import { resolve } from "node:path";
import type { RunningSandbox, SandboxAddresses, SandboxOptions } from "../cli/world.ts";
import type { ProcessConfig } from "../config.ts";
import { startDetached } from "../sandbox/home/detached.ts";
import { deleteHome, openHome } from "../sandbox/home/home.ts";
import { lockHolder } from "../sandbox/home/lock.ts";
import { homePaths } from "../sandbox/home/paths.ts";
import { stopRunning } from "../sandbox/home/stop.ts";
import { bootSandbox } from "./boot-sandbox.ts";
import { mainFile } from "./root.ts";

export async function startSandbox(options: SandboxOptions, config: ProcessConfig): Promise<RunningSandbox> {
  const boot = await bootSandbox({ ...options, config });
  const stopped = Promise.withResolvers<void>();
  const stop = async (): Promise<void> => {
    await boot.stop();
    stopped.resolve();
  };
  try {
    return { ...(await boot.complete()), stopped: stopped.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function startDetachedSandbox(
  options: SandboxOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SandboxAddresses> {
  const paths = homePaths(options.homeDir);
  openHome(paths);
  const { catalogueFile } = options;
  const absolute = {
    ...options,
    homeDir: paths.dir,
    ...(catalogueFile !== undefined && { catalogueFile: resolve(catalogueFile) }),
  };
  return startDetached({ paths, main: mainFile, options: absolute, env });
}

/** The other end of `up -d`: this process is the sandbox. */
export async function runDetached(
  options: SandboxOptions,
  config: ProcessConfig,
  interrupted: AbortSignal,
): Promise<number> {
  try {
    const sandbox = await startSandbox(options, config);
    const ended = new Promise<void>((done) => interrupted.addEventListener("abort", () => done(), { once: true }));
    if (!interrupted.aborted) await Promise.race([ended, sandbox.stopped]);
    await sandbox.stop();
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

export function stopSandbox(homeDir: string): Promise<"stopped" | "notRunning"> {
  return stopRunning(homePaths(homeDir));
}

export async function resetSandbox(homeDir: string): Promise<void> {
  const paths = homePaths(homeDir);
  const holder = lockHolder(paths.lock);
  if (holder !== undefined)
    throw new Error(`The sandbox in ${paths.dir} is running (process ${holder.pid}). End it first: npx serin down`);
  await deleteHome(paths);
}
