// Pods: their first status, and which fields of a running one may still change.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { Pod } from "../../../core/kubernetes/workload.ts";
import { type FieldProblem, forbiddenField } from "../errors.ts";
import { copyJson, sameJson } from "../json.ts";
import type { KindRules } from "./kind-rules.ts";
import { fillInPodSpec, fillInRequests, podSpecProblems } from "./pod-spec.ts";

export const podRules: KindRules = {
  fillIn: (object) => {
    const { spec } = object as Pod;
    if (spec === undefined) return;
    fillInPodSpec(spec);
    for (const container of spec.containers ?? []) fillInRequests(container);
    spec["enableServiceLinks"] ??= true;
  },
  prepareCreate: (_core, object) => {
    object["status"] = { phase: "Pending", qosClass: qosClass(object as Pod) };
  },
  problems: (object) => podSpecProblems((object as Pod).spec ?? {}, "spec"),
  changeProblems: specChangeProblems,
};

function qosClass({ spec }: Pod): string {
  const resources = (spec.containers ?? []).map(
    (each) => (each["resources"] ?? {}) as { limits?: Record<string, unknown>; requests?: Record<string, unknown> },
  );
  if (resources.every((each) => each.limits === undefined && each.requests === undefined)) return "BestEffort";
  const guaranteed = resources.every(
    ({ limits, requests }) =>
      limits?.["cpu"] !== undefined && limits["memory"] !== undefined && sameJson(limits, requests),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

const FIXED =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

function specChangeProblems(before: KubeObject, after: KubeObject): FieldProblem[] {
  return sameJson(fixedPart(before as Pod), fixedPart(after as Pod)) ? [] : [forbiddenField("spec", FIXED)];
}

/** A pod's spec without what may change; the scheduler's binding may set an empty nodeName. */
function fixedPart({ spec }: Pod): unknown {
  const { activeDeadlineSeconds: _, tolerations: __, nodeName: ___, ...rest } = copyJson(spec);
  for (const field of ["containers", "initContainers"] as const)
    for (const container of (rest[field] ?? []) as { image?: string }[]) container.image = "";
  return rest;
}
