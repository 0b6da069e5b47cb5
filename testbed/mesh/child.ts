// A program of the mesh as a child process: its output in a file, waited for until it is ready, ended by its id.

import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface ChildOptions {
  /** Keeps the log NAME.log. */
  home: string;
  name: string;
  program: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export interface Child {
  readonly pid: number | undefined;
  /** All that it has written so far. */
  output(): string;
  /** Resolves when the condition holds; throws with the end of its output when it ends before, or not in time. */
  until(isReady: () => Promise<boolean>, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const HARD_END_MS = 5_000;

export function startChild({ home, name, program, args, env = {} }: ChildOptions): Child {
  const file = join(home, `${name}.log`);
  const log = openSync(file, "a");
  const child = spawn(program, args, { cwd: home, env: { ...process.env, ...env }, stdio: ["ignore", log, log] });
  let trouble: string | undefined;
  child.once("error", (error) => (trouble = `could not be started: ${error.message}`));
  child.once("exit", (code, signal) => (trouble ??= `ended with ${code ?? signal}`));
  const output = () => readFileSync(file, "utf8");
  return {
    pid: child.pid,
    output,
    until: async (isReady, timeoutMs = 60_000) => {
      const deadline = performance.now() + timeoutMs;
      while (!(await isReady())) {
        const late = performance.now() > deadline ? `is not ready after ${timeoutMs / 1_000} s` : undefined;
        const why = trouble ?? late;
        if (why !== undefined) throw new Error(`${name} ${why}:\n${output().slice(-3_000)}`);
        await sleep(50);
      }
    },
    stop: () => end(child),
  };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
    const hard = setTimeout(() => child.kill("SIGKILL"), HARD_END_MS);
    child.once("exit", () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
