// Whether a process of another run still lives. A pid alone does not tell: numbers are used again, so the start time of
// the process belongs to its name.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  pid: number;
  /** Opaque; the same for the whole life of the process. Empty where the system does not tell. */
  started: string;
}

export function identify(pid: number): ProcessIdentity | undefined {
  const started = startOf(pid);
  return started === undefined ? undefined : { pid, started };
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== undefined && (identity.started === "" || now.started === "" || now.started === identity.started);
}

/** The parent of a process; undefined when the process is gone or the system does not tell. */
export function parentOf(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const fields = statFields(pid);
  return fields === undefined ? undefined : Number(fields[1]);
}

function startOf(pid: number): string | undefined {
  if (process.platform === "linux") {
    const fields = statFields(pid);
    return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

/** /proc/PID/stat from its third field on (proc_pid_stat(5)): state, ppid, …; the command's name before may hold blanks. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
