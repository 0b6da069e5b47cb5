// A pod's process, under a small shell that outlives nobody: it holds a pipe to Serin, and when that ends, however Serin
// ended, the whole process group ends too (TERM, a grace, KILL).
//
//   Serin ── pipe ──> watcher ─┐
//                     shim ────┴─ process group (a session of its own, so no terminal's Ctrl-C reaches it)
//                      └─ program ─ whatever it starts
//
// Lines in the pipe are names of signals for the program alone, as the kubelet signals only the container's first process.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** From the end of the pipe to KILL, in tenths of a second. With it nothing is left 5 s after a `kill -9` of Serin. */
const ORPHAN_GRACE_DS = 30;

// The watcher stays until the pipe's end even when the program is gone, so that what the program left behind goes as well.
// Signals are trapped, not ignored: an ignored one would be ignored by the program too.
const SHIM = `
trap : TERM INT HUP
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
(
  trap : TERM INT HUP
  while read -r signal <&3; do kill -s "$signal" "$program"; done
  kill -s TERM "$program"
  left=${ORPHAN_GRACE_DS}
  while [ "$left" -gt 0 ] && kill -0 "$program"; do sleep 0.1; left=$((left - 1)); done
  kill -s KILL -- "-$$"
) >/dev/null 2>&1 &
exec 3<&-
while :; do
  wait "$program"
  status=$?
  kill -0 "$program" 2>/dev/null || exit "$status"
done
`;

export interface ProcessSpec {
  command: string[];
  env: Record<string, string>;
  workingDir?: string;
}

export interface PodProcess {
  /** Of the shim, which leads the process group. */
  pid: number;
  stdout: Readable;
  stderr: Readable;
  /** As a shell tells it: 128 + the number of the signal that ended the program. Never rejects. */
  exited: Promise<number>;
  /** SIGTERM to the program. */
  terminate(): void;
  /** SIGKILL to the whole group. */
  kill(): void;
}

const KILLED = 137;
const NOT_STARTED = 128;

/** Throws when not even the shell starts. */
export async function startProcess({ command, env, workingDir }: ProcessSpec): Promise<PodProcess> {
  const shim = spawn("/bin/sh", ["-c", SHIM, "serin-pod", ...command], {
    cwd: workingDir,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = exitOf(shim);
  await spawned(shim);
  const { stdin, stdout, stderr } = shim;
  // The watcher may be gone when a signal is written; the exit tells all there is to know.
  stdin.on("error", () => {});
  return {
    pid: shim.pid!,
    stdout,
    stderr,
    exited,
    terminate: () => void (stdin.writable && stdin.write("TERM\n")),
    kill: () => killGroup(shim),
  };
}

function spawned(shim: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    shim.once("spawn", resolve);
    shim.once("error", reject);
  });
}

function exitOf(shim: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    shim.once("error", () => resolve(NOT_STARTED));
    shim.once("exit", (code) => {
      shim.stdin?.destroy();
      resolve(code ?? KILLED);
    });
  });
}

/** The group's number is not given to others while one of its processes exists, so a late call hits nobody else. */
function killGroup(shim: ChildProcess): void {
  if (shim.exitCode !== null || shim.signalCode !== null) return;
  try {
    process.kill(-shim.pid!, "SIGKILL");
  } catch {
    // Already gone.
  }
}
