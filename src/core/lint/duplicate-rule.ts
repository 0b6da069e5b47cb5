// The same object in several places: applied in their order, the last one stays.

import { type Finding, findingOf } from "./finding.ts";
import { type Entry, groupOf, type ObjectSet, subjectOf } from "./object-set.ts";

export function duplicateFindings({ entries }: ObjectSet): Finding[] {
  const seen = new Set<string>();
  return entries.flatMap((entry) => {
    const key = keyOf(entry);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const report = {
      code: "SRN0305" as const,
      severity: "info" as const,
      segments: ["metadata", "name"],
      message: `${entry.object.kind} ${entry.object.metadata.name} was there before`,
      cure: "applied in this order the last one stays; give it a name of its own if both are meant",
    };
    return [findingOf(report, entry.index, subjectOf(entry))];
  });
}

function keyOf({ object, namespace }: Entry): string {
  return [groupOf(object), object.kind, namespace, object.metadata.name].join("/");
}
