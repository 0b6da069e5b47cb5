// One attempt of an exec probe or hook, which only the catalogue can allow: success is exit code 0 in time. It runs under a
// shim like the pod's own program, so that it does not outlive Serin either.

import type { Clock } from "../../../ports/clock.ts";
import { type ProcessSpec, startProcess } from "../process/shim.ts";
import type { Answer } from "./ask.ts";

const MAX_OUTPUT_CHARS = 512;

/** Never rejects. */
export async function execute(spec: ProcessSpec, timeoutMs: number, clock: Clock): Promise<Answer> {
  try {
    const child = await startProcess(spec);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part: string) => (output = (output + part).slice(0, MAX_OUTPUT_CHARS)));
    let late = false;
    const cancel = clock.after(timeoutMs, () => {
      late = true;
      child.kill();
    });
    const exitCode = await child.exited;
    cancel();
    if (late) return { ok: false, message: `command timed out after ${timeoutMs} ms` };
    if (exitCode === 0) return { ok: true };
    return { ok: false, message: output.trim() || `command ended with exit code ${exitCode}` };
  } catch (error) {
    return { ok: false, message: `command could not be started: ${String(error)}` };
  }
}
