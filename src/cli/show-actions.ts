// CanaryActions as a table: who asked for what, and what became of it; newest last.

import type { CanaryAction } from "../core/spec/action.ts";
import { ageOf } from "./format/age.ts";
import { decorated, type TableOptions } from "./format/canary-table.ts";
import type { Session } from "./session.ts";

export function printTable(session: Session, actions: CanaryAction[], options: TableOptions): void {
  if (actions.length === 0) return session.hint("No actions.");
  const head = ["NAME", "CANARY", "VERB", "BY", "STATE", "AGE", "MESSAGE"];
  if (options.wide) head.push("ROLLOUT", "REASON");
  const sorted = [...actions].sort((a, b) => createdAt(a) - createdAt(b));
  const rows = sorted.map((action) => {
    const { metadata, spec, status } = action;
    const row = [metadata.name, spec.canaryRef.name, spec.verb, spec.by ?? "-", status?.state ?? "Waiting"];
    row.push(ageOf(metadata.creationTimestamp, options.nowMs), status?.message ?? "");
    return options.wide ? [...row, spec.rollout ?? "-", spec.reason ?? "-"] : row;
  });
  for (const line of decorated(head, rows, sorted, options)) session.print(line);
}

function createdAt({ metadata }: { metadata: { creationTimestamp?: string } }): number {
  return Date.parse(metadata.creationTimestamp ?? "1970-01-01T00:00:00Z");
}
