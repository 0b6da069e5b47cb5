// Objects as a Table: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import type { KnownResource } from "../../registry.ts";
import { CONFIG_MAPS, EVENTS, LEASES, NAMESPACES, NODES, PLAIN, SECRETS, SERVICE_ACCOUNTS } from "./cluster-rows.ts";
import { customTable } from "./custom-table.ts";
import { ENDPOINT_SLICES, ENDPOINTS, INGRESS_CLASSES, INGRESSES, SERVICES } from "./network-rows.ts";
import { PODS } from "./pod-row.ts";
import {
  ADMISSION_POLICIES,
  ADMISSION_POLICY_BINDINGS,
  AUTOSCALERS,
  ROLE_BINDINGS,
  WEBHOOK_CONFIGURATIONS,
} from "./policy-rows.ts";
import type { Column, TableKind } from "./table-kind.ts";
import { DAEMON_SETS, DEPLOYMENTS, DISRUPTION_BUDGETS, REPLICA_SETS, STATEFUL_SETS } from "./workload-rows.ts";

/** How much of each object a row carries: https://kubernetes.io/docs/reference/using-api/api-concepts/#table-fetches */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface TableOptions {
  nowMs: number;
  include: IncludeObject;
  /** The `metadata` of the answer: a list's version and continue token. */
  listMeta?: Record<string, unknown>;
  /** In a watch only the first table carries the columns. */
  omitColumns?: boolean;
}

export function renderTable(resource: KnownResource, objects: readonly KubeObject[], options: TableOptions) {
  const kind = tableKindOf(resource);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.listMeta ?? { resourceVersion: objects[0]?.metadata.resourceVersion ?? "" },
    columnDefinitions: options.omitColumns === true ? null : (kind.columns as Column[]),
    rows: objects.map((object) => rowOf(kind, object, options)),
  };
}

/** Only the metadata of an object. */
export function partialMetadata(object: KubeObject) {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

function rowOf(kind: TableKind, object: KubeObject, { nowMs, include }: TableOptions) {
  const conditions = kind.conditions?.(object) ?? [];
  return {
    cells: kind.cells(object, nowMs),
    ...(conditions.length === 0 ? {} : { conditions }),
    object: include === "None" ? null : include === "Object" ? object : partialMetadata(object),
  };
}

const BUILT_IN: Record<string, TableKind> = {
  "/configmaps": CONFIG_MAPS,
  "/endpoints": ENDPOINTS,
  "/events": EVENTS,
  "/namespaces": NAMESPACES,
  "/nodes": NODES,
  "/pods": PODS,
  "/secrets": SECRETS,
  "/serviceaccounts": SERVICE_ACCOUNTS,
  "/services": SERVICES,
  "admissionregistration.k8s.io/validatingadmissionpolicies": ADMISSION_POLICIES,
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": ADMISSION_POLICY_BINDINGS,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": WEBHOOK_CONFIGURATIONS,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": WEBHOOK_CONFIGURATIONS,
  "apps/daemonsets": DAEMON_SETS,
  "apps/deployments": DEPLOYMENTS,
  "apps/replicasets": REPLICA_SETS,
  "apps/statefulsets": STATEFUL_SETS,
  "autoscaling/horizontalpodautoscalers": AUTOSCALERS,
  "coordination.k8s.io/leases": LEASES,
  "discovery.k8s.io/endpointslices": ENDPOINT_SLICES,
  "events.k8s.io/events": EVENTS,
  "networking.k8s.io/ingressclasses": INGRESS_CLASSES,
  "networking.k8s.io/ingresses": INGRESSES,
  "policy/poddisruptionbudgets": DISRUPTION_BUDGETS,
  "rbac.authorization.k8s.io/clusterrolebindings": ROLE_BINDINGS,
  "rbac.authorization.k8s.io/rolebindings": ROLE_BINDINGS,
};

/** Custom tables are built once per registration: the registry replaces the resource when its definition changes. */
const customTables = new WeakMap<KnownResource, TableKind>();

function tableKindOf(resource: KnownResource): TableKind {
  if (!resource.custom) return BUILT_IN[`${resource.group}/${resource.plural}`] ?? PLAIN;
  const known = customTables.get(resource) ?? customTable(resource.printerColumns);
  customTables.set(resource, known);
  return known;
}
