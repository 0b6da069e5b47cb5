// Rows of Nodes, Namespaces, Events and the plain kinds with a column or two.

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import { ageOf } from "./human-age.ts";
import {
  AGE,
  ageCell,
  at,
  column,
  count,
  items,
  NAME,
  orNone,
  size,
  type TableKind,
  text,
  wide,
} from "./table-kind.ts";

export const NAMESPACES: TableKind = {
  columns: [NAME, column("Status"), AGE],
  cells: (object, nowMs) => [object.metadata.name, text(object, "status", "phase"), ageCell(object, nowMs)],
};

export const NODES: TableKind = {
  columns: [
    NAME,
    column("Status"),
    column("Roles"),
    AGE,
    column("Version"),
    ...["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"].map(wide),
  ],
  cells: (node, nowMs) => [
    node.metadata.name,
    nodeStatus(node),
    orNone(nodeRoles(node).join(",")),
    ageCell(node, nowMs),
    text(node, "status", "nodeInfo", "kubeletVersion"),
    orNone(nodeAddress(node, "InternalIP")),
    orNone(nodeAddress(node, "ExternalIP")),
    text(node, "status", "nodeInfo", "osImage") || "<unknown>",
    text(node, "status", "nodeInfo", "kernelVersion") || "<unknown>",
    text(node, "status", "nodeInfo", "containerRuntimeVersion") || "<unknown>",
  ],
};

export const EVENTS: TableKind = {
  columns: [
    column("Last Seen"),
    column("Type"),
    column("Reason"),
    column("Object"),
    wide("Subobject"),
    wide("Source"),
    column("Message"),
    wide("First Seen"),
    wide("Count"),
    { ...NAME, priority: 1 },
  ],
  cells: (event, nowMs) => {
    const first = at(event, "firstTimestamp") ?? at(event, "eventTime");
    const last = at(event, "series", "lastObservedTime") ?? at(event, "lastTimestamp") ?? first;
    return [
      ageOf(last, nowMs),
      text(event, "type"),
      text(event, "reason"),
      regarding(event),
      text(event, "involvedObject", "fieldPath"),
      eventSource(event),
      text(event, "message").trim(),
      ageOf(first, nowMs),
      count(event, "series", "count") || count(event, "count") || 1,
      event.metadata.name,
    ];
  },
};

export const CONFIG_MAPS: TableKind = {
  columns: [NAME, column("Data"), AGE],
  cells: (object, nowMs) => [
    object.metadata.name,
    size(object, "data") + size(object, "binaryData"),
    ageCell(object, nowMs),
  ],
};

export const SECRETS: TableKind = {
  columns: [NAME, column("Type"), column("Data"), AGE],
  cells: (object, nowMs) => [object.metadata.name, text(object, "type"), size(object, "data"), ageCell(object, nowMs)],
};

export const SERVICE_ACCOUNTS: TableKind = {
  columns: [NAME, column("Secrets"), AGE],
  cells: (object, nowMs) => [object.metadata.name, items(object, "secrets").length, ageCell(object, nowMs)],
};

export const LEASES: TableKind = {
  columns: [NAME, column("Holder"), AGE],
  cells: (object, nowMs) => [object.metadata.name, text(object, "spec", "holderIdentity"), ageCell(object, nowMs)],
};

/** What the API server shows of a kind that has no printer of its own. */
export const PLAIN: TableKind = {
  columns: [NAME, column("Created At", "date")],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? "<unknown>"],
};

function nodeStatus(node: KubeObject): string {
  const ready = items(node, "status", "conditions").find((each) => each.type === "Ready");
  const status = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return at(node, "spec", "unschedulable") === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string[] {
  const prefix = "node-role.kubernetes.io/";
  const labels = Object.entries(node.metadata.labels ?? {});
  const byPrefix = labels.filter(([key]) => key.startsWith(prefix)).map(([key]) => key.slice(prefix.length));
  const byLabel = labels.filter(([key]) => key === "kubernetes.io/role").map(([, value]) => value);
  return [...new Set([...byPrefix, ...byLabel])].filter((role) => role !== "").sort();
}

function nodeAddress(node: KubeObject, type: string): string {
  return text(
    items(node, "status", "addresses").find((each) => each.type === type),
    "address",
  );
}

function regarding(event: KubeObject): string {
  const kind = text(event, "involvedObject", "kind").toLowerCase();
  const name = text(event, "involvedObject", "name");
  return name === "" ? kind : `${kind}/${name}`;
}

function eventSource(event: KubeObject): string {
  const component = text(event, "source", "component") || text(event, "reportingComponent");
  const instance = text(event, "source", "host") || text(event, "reportingInstance");
  return instance === "" ? component : `${component}, ${instance}`;
}
