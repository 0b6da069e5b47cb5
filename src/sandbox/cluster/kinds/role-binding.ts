// Bindings: what they grant never changes, only to whom.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { invalidValue } from "../errors.ts";
import { sameJson } from "../json.ts";
import { isPathSegment } from "../names.ts";
import type { KindRules } from "./kind-rules.ts";

const RBAC = "rbac.authorization.k8s.io";

export const roleBindingRules: KindRules = {
  checkName: isPathSegment,
  fillIn: (object) => {
    const { roleRef, subjects = [] } = object as KubeObject & {
      roleRef?: { apiGroup?: string };
      subjects?: { kind?: string; apiGroup?: string }[];
    };
    if (roleRef !== undefined) roleRef.apiGroup ||= RBAC;
    for (const subject of subjects) if (subject.kind !== "ServiceAccount") subject.apiGroup ||= RBAC;
  },
  changeProblems: (before, after) =>
    sameJson(before["roleRef"], after["roleRef"])
      ? []
      : [invalidValue("roleRef", after["roleRef"], "cannot change roleRef")],
};
