// Which routes of a host can match a path at all, so that a request does not try thousands of them.

import type { Route, RouteIndex } from "../routing/table.ts";

export function indexRoutes(routes: readonly Route[]): RouteIndex {
  const exact = new Map<string, number[]>();
  const prefixes = new Map<string, number[]>();
  const others: number[] = [];
  routes.forEach(({ path }, position) => {
    if (path.kind === "elements" || ((path.kind === "exact" || path.kind === "prefix") && !path.ignoreCase)) {
      const lists = path.kind === "exact" ? exact : prefixes;
      const list = lists.get(path.value);
      if (list === undefined) lists.set(path.value, [position]);
      else list.push(position);
    } else others.push(position);
  });
  return { exact, prefixes, prefixEnds: endsOf([...prefixes.keys()]), others };
}

function endsOf(prefixes: readonly string[]): RouteIndex["prefixEnds"] {
  const ends = new Map(
    prefixes.map((prefix) => {
      const end = { length: prefix.length, lastCode: prefix.charCodeAt(prefix.length - 1) };
      return [`${end.length} ${end.lastCode}`, end];
    }),
  );
  return [...ends.values()].sort((a, b) => a.length - b.length);
}
