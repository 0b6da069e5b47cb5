// Conditions as istiod sets them: in the order of their types, and written anew only where something of them changed
// (pilot/pkg/model/kstatus, UpdateConditionIfChanged).

import type { Condition } from "../../core/kubernetes/object.ts";
import type { Finding } from "./objects.ts";

export interface Stated extends Finding {
  status?: Condition["status"];
}

export interface Moment {
  /** Of the object that the conditions are about. */
  generation: number | undefined;
  now: string;
}

export function setConditions(
  existing: readonly Condition[],
  stated: Readonly<Record<string, Stated>>,
  { generation, now }: Moment,
): Condition[] {
  const conditions = [...existing];
  for (const type of Object.keys(stated).sort()) {
    const { status = "True", reason, message } = stated[type]!;
    const at = conditions.findIndex((each) => each.type === type);
    const before = conditions[at];
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition: Condition = { type, status, ...observed, lastTransitionTime, reason, message };
    if (before === undefined) conditions.push(condition);
    else if (!isSame(before, condition)) conditions[at] = condition;
  }
  return conditions;
}

function isSame(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.message === b.message &&
    a.reason === b.reason &&
    a.observedGeneration === b.observedGeneration
  );
}

/** The opposite of good news. */
export function failed({ reason, message }: Finding): Stated {
  return { status: "False", reason, message };
}
