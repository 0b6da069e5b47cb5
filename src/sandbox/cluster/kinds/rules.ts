// What is special about a kind: how its names look, what the server fills in, what it refuses. Kinds not listed have no rules of their own.

import { isPathSegment } from "../names.ts";
import type { KnownResource } from "../registry.ts";
import { canaryActionRules } from "./canary-action.ts";
import { configMapRules, secretRules } from "./config.ts";
import { definitionRules } from "./definition.ts";
import { endpointSliceRules } from "./endpoint-slice.ts";
import { unreadGatewayApiRules } from "./gateway-api.ts";
import { ingressClassRules, ingressRules } from "./ingress.ts";
import type { KindRules } from "./kind-rules.ts";
import { namespaceRules } from "./namespace.ts";
import { podRules } from "./pod.ts";
import { roleBindingRules } from "./role-binding.ts";
import { serviceRules } from "./service.ts";
import { webhookConfigurationRules } from "./webhook-configuration.ts";
import { workloadRules } from "./workload.ts";

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
  "autoscaling/HorizontalPodAutoscaler": firstStatus({ currentMetrics: null, desiredReplicas: 0 }),
  "policy/PodDisruptionBudget": firstStatus({
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
  }),
  "networking.k8s.io/Ingress": ingressRules,
  "networking.k8s.io/IngressClass": ingressClassRules,
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy": firstStatus({}),
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": webhookConfigurationRules,
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": webhookConfigurationRules,
  "rbac.authorization.k8s.io/Role": { checkName: isPathSegment },
  "rbac.authorization.k8s.io/ClusterRole": { checkName: isPathSegment },
  "rbac.authorization.k8s.io/RoleBinding": roleBindingRules,
  "rbac.authorization.k8s.io/ClusterRoleBinding": roleBindingRules,
  "apiextensions.k8s.io/CustomResourceDefinition": definitionRules,
  "serin.dev/CanaryAction": canaryActionRules,
  ...unreadGatewayApiRules,
};

const NONE: KindRules = {};

/** Counters that Go writes even when they are zero. */
function firstStatus(status: object): KindRules {
  return {
    prepareCreate: (_core, object) => {
      object["status"] = { ...status };
    },
  };
}

export function rulesOf({ group, kind }: KnownResource): KindRules {
  const name = group === "" ? kind : `${group}/${kind}`;
  return Object.hasOwn(RULES, name) ? RULES[name]! : NONE;
}
