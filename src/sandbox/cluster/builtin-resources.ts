// The resources that are there without any CustomResourceDefinition, as a real API server names them in discovery.

import type { KnownResource } from "./registry.ts";
import { builtinSchema, DEFINITIONS } from "./schema/builtin.ts";

/** group, version, kind, plural, short names, then what differs from the usual (namespaced, unconditional updates allowed). */
type Row = [
  group: string,
  version: string,
  kind: string,
  plural: string,
  shortNames: string,
  traits?: {
    cluster?: true;
    status?: true;
    scale?: true;
    generation?: true;
    conditional?: true;
    categories?: string[];
  },
];

const ALL = ["all"];
const EXTENSIONS = ["api-extensions"];
const ROWS: Row[] = [
  ["", "v1", "Namespace", "namespaces", "ns", { cluster: true, status: true }],
  ["", "v1", "Pod", "pods", "po", { status: true, generation: true, categories: ALL }],
  ["", "v1", "Service", "services", "svc", { status: true, categories: ALL }],
  ["", "v1", "ConfigMap", "configmaps", "cm"],
  ["", "v1", "Secret", "secrets", ""],
  ["", "v1", "Event", "events", "ev"],
  ["", "v1", "Node", "nodes", "no", { cluster: true, status: true }],
  ["", "v1", "ServiceAccount", "serviceaccounts", "sa"],
  ["", "v1", "Endpoints", "endpoints", "ep"],
  [
    "apps",
    "v1",
    "Deployment",
    "deployments",
    "deploy",
    { status: true, scale: true, generation: true, categories: ALL },
  ],
  ["apps", "v1", "ReplicaSet", "replicasets", "rs", { status: true, scale: true, generation: true, categories: ALL }],
  [
    "apps",
    "v1",
    "StatefulSet",
    "statefulsets",
    "sts",
    { status: true, scale: true, generation: true, categories: ALL },
  ],
  ["apps", "v1", "DaemonSet", "daemonsets", "ds", { status: true, generation: true, categories: ALL }],
  ["discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "", { generation: true }],
  ["coordination.k8s.io", "v1", "Lease", "leases", "", { conditional: true }],
  [
    "autoscaling",
    "v2",
    "HorizontalPodAutoscaler",
    "horizontalpodautoscalers",
    "hpa",
    { status: true, categories: ALL },
  ],
  [
    "policy",
    "v1",
    "PodDisruptionBudget",
    "poddisruptionbudgets",
    "pdb",
    { status: true, generation: true, conditional: true },
  ],
  ["networking.k8s.io", "v1", "Ingress", "ingresses", "ing", { status: true, generation: true }],
  ["networking.k8s.io", "v1", "IngressClass", "ingressclasses", "", { cluster: true, generation: true }],
  ["rbac.authorization.k8s.io", "v1", "Role", "roles", ""],
  ["rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", ""],
  ["rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", { cluster: true }],
  ["rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", { cluster: true }],
  [
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "crd crds",
    { cluster: true, status: true, generation: true, conditional: true, categories: EXTENSIONS },
  ],
  [
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    "",
    { cluster: true, status: true, generation: true, categories: EXTENSIONS },
  ],
  [
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    "",
    { cluster: true, generation: true, categories: EXTENSIONS },
  ],
  [
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations",
    "",
    { cluster: true, generation: true, categories: EXTENSIONS },
  ],
  [
    "admissionregistration.k8s.io",
    "v1",
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations",
    "",
    { cluster: true, generation: true, categories: EXTENSIONS },
  ],
];

export function builtinResources(): KnownResource[] {
  return ROWS.map(([group, version, kind, plural, shortNames, traits = {}]) => ({
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    namespaced: traits.cluster !== true,
    shortNames: shortNames.split(" ").filter((name) => name !== ""),
    categories: traits.categories ?? [],
    subresources: {
      status: traits.status === true,
      ...(traits.scale && {
        scale: {
          specReplicasPath: ".spec.replicas",
          statusReplicasPath: ".status.replicas",
          labelSelectorPath: ".spec.selector",
        },
      }),
    },
    schema: builtinSchema(group, version, kind),
    definitions: DEFINITIONS,
    printerColumns: [],
    custom: false,
    // Both Event APIs share one storage, as in a real server.
    storage: kind === "Event" ? "events" : group === "" ? plural : `${group}/${plural}`,
    storageVersion: kind === "Event" && group !== "" ? "" : version,
    countsGeneration: traits.generation === true,
    allowsUnconditionalUpdate: traits.conditional !== true,
  }));
}
