// What is special about a kind: how its names look, what the server fills in, what it refuses. Kinds not listed have no rules of their own.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { Core, User } from "../core.ts";
import type { FieldProblem } from "../errors.ts";
import { isPathSegment, type NameCheck } from "../names.ts";
import type { KnownResource } from "../registry.ts";
import { canaryActionRules } from "./canary-action.ts";
import { configMapRules, secretRules } from "./config.ts";
import { definitionRules } from "./definition.ts";
import { endpointSliceRules } from "./endpoint-slice.ts";
import { namespaceRules } from "./namespace.ts";
import { podRules } from "./pod.ts";
import { roleBindingRules } from "./role-binding.ts";
import { serviceRules } from "./service.ts";
import { workloadRules } from "./workload.ts";

export interface KindRules {
  checkName?: NameCheck;
  /** Defaults that depend on other fields; on every write, in place. */
  fillIn?(object: KubeObject): void;
  /** What the server decides when an object is new, in place: allocated addresses, first status. */
  prepareCreate?(core: Core, object: KubeObject, user: User): void;
  /** What the server carries over or decides on a change, in place. */
  prepareUpdate?(core: Core, before: KubeObject, after: KubeObject): void;
  problems?(object: KubeObject, user: User): FieldProblem[];
  changeProblems?(before: KubeObject, after: KubeObject): FieldProblem[];
}

const RULES: Record<string, KindRules> = {
  Namespace: namespaceRules,
  Pod: podRules,
  Service: serviceRules,
  ConfigMap: configMapRules,
  Secret: secretRules,
  "apps/Deployment": workloadRules,
  "apps/ReplicaSet": workloadRules,
  "apps/StatefulSet": workloadRules,
  "apps/DaemonSet": workloadRules,
  "discovery.k8s.io/EndpointSlice": endpointSliceRules,
  "rbac.authorization.k8s.io/Role": { checkName: isPathSegment },
  "rbac.authorization.k8s.io/ClusterRole": { checkName: isPathSegment },
  "rbac.authorization.k8s.io/RoleBinding": roleBindingRules,
  "rbac.authorization.k8s.io/ClusterRoleBinding": roleBindingRules,
  "apiextensions.k8s.io/CustomResourceDefinition": definitionRules,
  "serin.dev/CanaryAction": canaryActionRules,
};

const NONE: KindRules = {};

export function rulesOf({ group, kind }: KnownResource): KindRules {
  const name = group === "" ? kind : `${group}/${kind}`;
  return Object.hasOwn(RULES, name) ? RULES[name]! : NONE;
}
