// Routes that match every request, as istiod tells them (IsCatchAllRoute).

import type { Condition, PathMatch } from "../routing/conditions.ts";

export function isCatchAll({ path, conditions }: { path: PathMatch; conditions: readonly Condition[] }): boolean {
  return conditions.length === 0 && (path.kind === "any" || (path.kind === "regex" && path.value === ".*"));
}
