// How this process learns that it has to end: signals, the launcher's end, the end of whoever started it, a terminal that
// no longer listens. All of them become one AbortSignal, with a limit on how long ending may take.

import type { ProcessConfig } from "../config.ts";
import { watchParents } from "../sandbox/home/parent-watch.ts";

/** What the shims of the pods need comes after: all in all nothing is left 5 s after a kill. */
const PATIENCE_MS = 3_000;
const PARENT_LOOK_MS = 400;
/** One Ctrl-C arrives several times: from the terminal, and passed on by npm and the launcher. */
const SAME_SIGNAL_MS = 1_000;

export function endingSignal({ launched, detached, underNpm }: ProcessConfig): AbortSignal {
  const ending = new AbortController();
  let sinceMs = 0;
  const end = (exitCode: number): void => {
    if (ending.signal.aborted) {
      if (performance.now() - sinceMs > SAME_SIGNAL_MS) process.exit(exitCode);
      return;
    }
    sinceMs = performance.now();
    ending.abort(new Error("interrupted"));
    setTimeout(() => process.exit(exitCode), PATIENCE_MS).unref();
  };
  process.on("SIGINT", () => end(130));
  process.on("SIGTERM", () => end(143));
  process.on("SIGHUP", () => end(129));
  process.stdout.on("error", () => end(141));
  process.stderr.on("error", () => end(141));
  if (launched && process.channel !== undefined) {
    process.channel?.unref();
    process.on("disconnect", () => end(129));
  }
  // The launcher, npm's shell, npm; or the shell that a person types in.
  if (detached === undefined)
    watchParents({ intervalMs: PARENT_LOOK_MS, generations: (launched ? 2 : 1) + (underNpm ? 1 : 0) }, () => end(129));
  return ending.signal;
}
