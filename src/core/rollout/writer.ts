// Who wrote the routes last, and what kind of writer that is.

import type { SplitReading } from "../traffic/split.ts";

/** The manager of the newest write over all objects that carry the split. */
export function newestWriter({ objects }: SplitReading): string | undefined {
  const writers = objects.flatMap(({ lastWriter }) => (lastWriter === undefined ? [] : [lastWriter]));
  const oldestFirst = writers.sort((a, b) => (a.time ?? "").localeCompare(b.time ?? ""));
  return oldestFirst.at(-1)?.manager;
}

/** True for a manager that re-applies what a repository says. "*" at the end of a pattern matches any rest. */
export function isGitOpsManager(manager: string | undefined, patterns: readonly string[]): boolean {
  if (manager === undefined) return false;
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? manager.startsWith(pattern.slice(0, -1)) : manager === pattern,
  );
}
