// Rows of Deployments, ReplicaSets and the other kinds that own pods by a template.

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import { labelsText } from "./network-rows.ts";
import { AGE, ageCell, at, column, count, items, NAME, orNone, type TableKind, text, wide } from "./table-kind.ts";

const TEMPLATE_COLUMNS = [wide("Containers"), wide("Images"), wide("Selector")];

export const DEPLOYMENTS: TableKind = {
  columns: [NAME, column("Ready"), column("Up-to-date"), column("Available"), AGE, ...TEMPLATE_COLUMNS],
  cells: (object, nowMs) => [
    object.metadata.name,
    `${count(object, "status", "readyReplicas")}/${wanted(object)}`,
    count(object, "status", "updatedReplicas"),
    count(object, "status", "availableReplicas"),
    ageCell(object, nowMs),
    ...templateCells(object),
  ],
};

export const REPLICA_SETS: TableKind = {
  columns: [
    NAME,
    column("Desired", "integer"),
    column("Current", "integer"),
    column("Ready", "integer"),
    AGE,
    ...TEMPLATE_COLUMNS,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    wanted(object),
    count(object, "status", "replicas"),
    count(object, "status", "readyReplicas"),
    ageCell(object, nowMs),
    ...templateCells(object),
  ],
};

export const STATEFUL_SETS: TableKind = {
  columns: [NAME, column("Ready"), AGE, wide("Containers"), wide("Images")],
  cells: (object, nowMs) => [
    object.metadata.name,
    `${count(object, "status", "readyReplicas")}/${wanted(object)}`,
    ageCell(object, nowMs),
    ...templateCells(object).slice(0, 2),
  ],
};

export const DAEMON_SETS: TableKind = {
  columns: [
    NAME,
    ...["Desired", "Current", "Ready", "Up-to-date", "Available"].map((name) => column(name, "integer")),
    column("Node Selector"),
    AGE,
    ...TEMPLATE_COLUMNS,
  ],
  cells: (object, nowMs) => [
    object.metadata.name,
    ...[
      "desiredNumberScheduled",
      "currentNumberScheduled",
      "numberReady",
      "updatedNumberScheduled",
      "numberAvailable",
    ].map((field) => count(object, "status", field)),
    labelsText(at(object, "spec", "template", "spec", "nodeSelector")),
    ageCell(object, nowMs),
    ...templateCells(object),
  ],
};

export const DISRUPTION_BUDGETS: TableKind = {
  columns: [NAME, column("Min Available"), column("Max Unavailable"), column("Allowed Disruptions", "integer"), AGE],
  cells: (object, nowMs) => [
    object.metadata.name,
    text(object, "spec", "minAvailable") || "N/A",
    text(object, "spec", "maxUnavailable") || "N/A",
    count(object, "status", "disruptionsAllowed"),
    ageCell(object, nowMs),
  ],
};

/** The API server writes the default of 1 at creation; an object without it was not created through one. */
function wanted(object: KubeObject): number {
  return at(object, "spec", "replicas") === undefined ? 1 : count(object, "spec", "replicas");
}

function templateCells(object: KubeObject): string[] {
  const containers = items(object, "spec", "template", "spec", "containers");
  return [
    containers.map((each) => text(each, "name")).join(","),
    containers.map((each) => text(each, "image")).join(","),
    selectorText(at(object, "spec", "selector")),
  ];
}

/** `app=x,n notin (k),!q,w`: requirements by key, values by name. */
function selectorText(selector: unknown): string {
  const labels = Object.entries((at(selector, "matchLabels") ?? {}) as Record<string, string>);
  const parts = [
    ...labels.map(([key, value]) => ({ key, shown: `${key}=${value}` })),
    ...items(selector, "matchExpressions").map((each) => ({ key: text(each, "key"), shown: expressionText(each) })),
  ];
  return orNone(
    parts
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map((part) => part.shown)
      .join(","),
  );
}

function expressionText(expression: Record<string, unknown>): string {
  const key = text(expression, "key");
  const values = (Array.isArray(expression.values) ? expression.values.map(String) : []).sort().join(",");
  switch (expression.operator) {
    case "In":
      return `${key} in (${values})`;
    case "NotIn":
      return `${key} notin (${values})`;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return key;
  }
}
