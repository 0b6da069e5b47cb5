// Rows of the kinds that say who may do what, and of autoscalers. Compared with a real API server's (testdata/tables.json).

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import { AGE, ageCell, at, column, count, items, NAME, type TableKind, text, wide } from "./table-kind.ts";

export const ROLE_BINDINGS: TableKind = {
  columns: [NAME, column("Role"), AGE, wide("Users"), wide("Groups"), wide("ServiceAccounts")],
  cells: (binding, nowMs) => [
    binding.metadata.name,
    `${text(binding, "roleRef", "kind")}/${text(binding, "roleRef", "name")}`,
    ageCell(binding, nowMs),
    subjects(binding, "User"),
    subjects(binding, "Group"),
    subjects(binding, "ServiceAccount"),
  ],
};

export const ADMISSION_POLICIES: TableKind = {
  columns: [NAME, column("Validations", "integer"), column("ParamKind"), AGE],
  cells: (policy, nowMs) => [
    policy.metadata.name,
    items(policy, "spec", "validations").length,
    orUnset(joined(text(policy, "spec", "paramKind", "apiVersion"), text(policy, "spec", "paramKind", "kind"))),
    ageCell(policy, nowMs),
  ],
};

export const ADMISSION_POLICY_BINDINGS: TableKind = {
  columns: [NAME, column("PolicyName"), column("ParamRef"), AGE],
  cells: (binding, nowMs) => [
    binding.metadata.name,
    text(binding, "spec", "policyName"),
    orUnset(joined(text(binding, "spec", "paramRef", "namespace"), text(binding, "spec", "paramRef", "name"))),
    ageCell(binding, nowMs),
  ],
};

export const WEBHOOK_CONFIGURATIONS: TableKind = {
  columns: [NAME, column("Webhooks", "integer"), AGE],
  cells: (configuration, nowMs) => [
    configuration.metadata.name,
    items(configuration, "webhooks").length,
    ageCell(configuration, nowMs),
  ],
};

export const AUTOSCALERS: TableKind = {
  columns: [NAME, ...["Reference", "Targets", "MinPods", "MaxPods", "Replicas"].map((name) => column(name)), AGE],
  cells: (scaler, nowMs) => [
    scaler.metadata.name,
    `${text(scaler, "spec", "scaleTargetRef", "kind")}/${text(scaler, "spec", "scaleTargetRef", "name")}`,
    targetsText(scaler),
    text(scaler, "spec", "minReplicas") || "<unset>",
    count(scaler, "spec", "maxReplicas"),
    count(scaler, "status", "currentReplicas"),
    ageCell(scaler, nowMs),
  ],
};

function subjects(binding: KubeObject, kind: string): string {
  return items(binding, "subjects")
    .filter((subject) => subject.kind === kind)
    .map((subject) => joined(text(subject, "namespace"), text(subject, "name")))
    .join(", ");
}

/** The first two metrics, and how many more there are. */
function targetsText(scaler: KubeObject): string {
  const metrics = items(scaler, "spec", "metrics");
  if (metrics.length === 0) return "<none>";
  const shown = metrics
    .slice(0, 2)
    .map((metric, index) => metricText(metric, at(scaler, "status", "currentMetrics", index)));
  return metrics.length > 2 ? `${shown.join(", ")} + ${metrics.length - 2} more...` : shown.join(", ");
}

function metricText(metric: Record<string, unknown>, status: unknown): string {
  const source = text(metric, "type").replace(/^./, (letter) => letter.toLowerCase());
  const [target, current] = [at(metric, source, "target"), at(status, source, "current")];
  const isResource = source === "resource" || source === "containerResource";
  const prefix = isResource ? `${text(metric, source, "name")}: ` : "";
  const wanted = text(target, "averageUtilization");
  if (isResource && wanted !== "") return `${prefix}${percent(text(current, "averageUtilization"))}/${percent(wanted)}`;
  const average = text(target, "averageValue");
  const suffix = source === "external" && average !== "" ? " (avg)" : "";
  const now = text(current, average === "" ? "value" : "averageValue") || "<unknown>";
  return `${prefix}${now}/${average || text(target, "value")}${suffix}`;
}

const percent = (amount: string): string => (amount === "" ? "<unknown>" : `${amount}%`);
const joined = (a: string, b: string): string => (a === "" ? b : `${a}/${b}`);
const orUnset = (value: string): string => (value === "" ? "<unset>" : value);
