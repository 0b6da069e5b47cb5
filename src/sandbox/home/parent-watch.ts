// Ends the sandbox when the processes that started it are gone, whatever way they went. A terminal's end and Ctrl-C come
// as signals; `kill -9` of npm or of the launcher comes as nothing at all, only as a parent that changed.

import { parentOf } from "./process-info.ts";

export interface ParentWatch {
  intervalMs: number;
  /** How many ancestors count: npm starts a shell, and the shell starts us. */
  generations: number;
}

/** Calls `gone` once, when one of the ancestors that this process had at the call has gone. Returns the way to stop looking. */
export function watchParents({ intervalMs, generations }: ParentWatch, gone: () => void): () => void {
  const line = ancestors(generations);
  const timer = setInterval(() => {
    if (!changed(line, ancestors(generations))) return;
    clearInterval(timer);
    gone();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Parent first. Ends early at init, and where the system does not tell. */
function ancestors(generations: number): number[] {
  const line: number[] = [];
  let pid: number | undefined = process.ppid;
  while (line.length < generations && pid !== undefined && pid > 1) {
    line.push(pid);
    pid = parentOf(pid);
  }
  return line;
}

function changed(before: number[], now: number[]): boolean {
  return before.some((pid, index) => now[index] !== pid);
}
