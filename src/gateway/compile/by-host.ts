// Names and wildcards, put so that the most specific one is found soonest.

import type { ByHost } from "../routing/table.ts";

/** By name: `shop.example`, `*.example` or `*`. */
export function indexByHost<T>(entries: Iterable<readonly [string, T]>): ByHost<T> {
  const exact = new Map<string, T>();
  const suffixes = new Map<string, T>();
  for (const [name, value] of entries) {
    if (name.startsWith("*")) suffixes.set(name.slice(1), value);
    else exact.set(name, value);
  }
  const lengths = new Set([...suffixes.keys()].map((suffix) => suffix.length));
  lengths.delete(0);
  return { exact, suffixes, suffixLengths: [...lengths].sort((a, b) => b - a) };
}
