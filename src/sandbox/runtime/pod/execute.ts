// One attempt of an exec probe or hook, which only the catalogue can allow: success is exit code 0 in time.

import { execFile } from "node:child_process";
import type { ProcessSpec } from "../process/shim.ts";
import type { Answer } from "./ask.ts";

const MAX_OUTPUT_CHARS = 512;

/** Never rejects. */
export function execute({ command, env, workingDir }: ProcessSpec, timeoutMs: number): Promise<Answer> {
  const [file = "", ...args] = command;
  const options = {
    env,
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...(workingDir === undefined ? {} : { cwd: workingDir }),
  } as const;
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ ok: true });
      const output = `${stdout}${stderr}`.trim().slice(0, MAX_OUTPUT_CHARS);
      const why = error.killed ? `command timed out after ${timeoutMs} ms` : output || error.message;
      resolve({ ok: false, message: why });
    });
  });
}
