// Deployments, ReplicaSets, StatefulSets and DaemonSets: selector and template belong together, and the selector is for life.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { type LabelSelector, matchesSelector } from "../../../core/kubernetes/selector.ts";
import type { PodSpec } from "../../../core/kubernetes/workload.ts";
import { type FieldProblem, forbiddenField, invalidValue, notSupported, requiredValue } from "../errors.ts";
import { sameJson } from "../json.ts";
import type { KindRules } from "./kind-rules.ts";
import { fillInPodSpec, podSpecProblems } from "./pod-spec.ts";

interface Workload extends KubeObject {
  spec: {
    replicas?: number;
    minReadySeconds?: number;
    progressDeadlineSeconds?: number;
    revisionHistoryLimit?: number;
    selector?: LabelSelector;
    template?: { metadata?: { labels?: Record<string, string> }; spec?: PodSpec };
    strategy?: Strategy;
    updateStrategy?: Strategy;
  };
}

interface Strategy {
  type?: string;
  rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string; partition?: number };
}

export const workloadRules: KindRules = {
  fillIn: (object) => {
    const { spec, kind } = object as Workload;
    if (spec === undefined) return;
    if (spec.template?.spec !== undefined) fillInPodSpec(spec.template.spec);
    const strategy = spec.strategy ?? spec.updateStrategy;
    if (strategy?.type === "RollingUpdate") fillInRollingUpdate(strategy, kind);
  },
  prepareCreate: (_core, object) => {
    object["status"] = FIRST_STATUS[object.kind] ?? {};
  },
  problems: (object) => problems(object as Workload),
  changeProblems: (before, after) => {
    const [old, now] = [(before as Workload).spec.selector, (after as Workload).spec.selector];
    return sameJson(old, now) ? [] : [invalidValue("spec.selector", now, "field is immutable")];
  },
};

/** Counters that Go writes even when they are zero. */
const FIRST_STATUS: Record<string, object> = {
  ReplicaSet: { replicas: 0 },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
  DaemonSet: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
};

function fillInRollingUpdate(strategy: Strategy, kind: string): void {
  const rolling = (strategy.rollingUpdate ??= {});
  if (kind === "StatefulSet") rolling.partition ??= 0;
  else if (kind === "DaemonSet") {
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  } else {
    rolling.maxUnavailable ??= "25%";
    rolling.maxSurge ??= "25%";
  }
}

function problems({ spec, kind }: Workload): FieldProblem[] {
  const labels = spec.template?.metadata?.labels;
  const policy = spec.template?.spec?.["restartPolicy"];
  return [
    ...countProblems(spec),
    ...selectorProblems(spec.selector, labels, kind),
    ...strategyProblems(spec.strategy, kind),
    ...podSpecProblems(spec.template?.spec ?? { containers: [] }, "spec.template.spec"),
    ...(policy === undefined || policy === "Always"
      ? []
      : [notSupported("spec.template.spec.restartPolicy", policy, ["Always"])]),
  ];
}

const COUNTS = ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] as const;

function countProblems(spec: Workload["spec"]): FieldProblem[] {
  return COUNTS.filter((field) => (spec[field] ?? 0) < 0).map((field) =>
    invalidValue(`spec.${field}`, spec[field], "must be greater than or equal to 0"),
  );
}

function selectorProblems(
  selector: LabelSelector | undefined,
  labels: Record<string, string> | undefined,
  kind: string,
): FieldProblem[] {
  const mismatch = invalidValue("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
  if (selector === undefined) return [requiredValue("spec.selector"), mismatch];
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
    return [invalidValue("spec.selector", {}, `empty selector is invalid for ${kind.toLowerCase()}`)];
  return matchesSelector(selector, labels ?? {}) ? [] : [mismatch];
}

function strategyProblems(strategy: Strategy | undefined, kind: string): FieldProblem[] {
  if (strategy === undefined || kind !== "Deployment") return [];
  const { type, rollingUpdate } = strategy;
  if (type === "Recreate")
    return rollingUpdate === undefined
      ? []
      : [forbiddenField("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")];
  if (type !== "RollingUpdate") return [notSupported("spec.strategy", type, ["Recreate", "RollingUpdate"])];
  const found = (["maxUnavailable", "maxSurge"] as const).flatMap((field) => {
    const value = rollingUpdate?.[field];
    const fine = typeof value === "number" ? value >= 0 : value === undefined || /^\d+%$/.test(value);
    return fine
      ? []
      : [
          invalidValue(
            `spec.strategy.rollingUpdate.${field}`,
            value,
            typeof value === "number"
              ? "must be greater than or equal to 0"
              : "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
          ),
        ];
  });
  if (found.length === 0 && isNone(rollingUpdate?.maxSurge) && isNone(rollingUpdate?.maxUnavailable))
    found.push(
      invalidValue(
        "spec.strategy.rollingUpdate.maxUnavailable",
        rollingUpdate?.maxUnavailable,
        "may not be 0 when `maxSurge` is 0",
      ),
    );
  return found;
}

function isNone(value: number | string | undefined): boolean {
  return value === 0 || value === "0%";
}
