// What is wrong with a Canary: its schema, its steps, what it names, and who else moves its routes.

import type { KubeObject } from "../kubernetes/object.ts";
import type { Canary, Step } from "../spec/canary.ts";
import { parseCanary, parseCanaryAction } from "../spec/parse.ts";
import { pathSegments } from "../spec/problem.ts";
import { routeKeys } from "../traffic/locate-route.ts";
import { type ResolvedTarget, resolveTarget } from "../traffic/resolve-target.ts";
import { type Finding, findingOf, type Report } from "./finding.ts";
import {
  type Entry,
  isOfKind,
  type ObjectSet,
  objectsOf,
  severityOfMissing,
  subjectOf,
  whereOf,
} from "./object-set.ts";

/** Schema first: the other rules speak of Canaries that have one. */
export function canaryReports({ object, namespace }: Entry, set: ObjectSet): Report[] {
  const parsed = object.kind === "CanaryAction" ? parseCanaryAction(object) : parseCanary(object);
  if (!parsed.ok)
    return parsed.errors.map(({ path, message, cure }) => ({ ...SCHEMA, segments: pathSegments(path), message, cure }));
  if (!isOfKind(object, "Canary")) return [];
  const missing = deploymentReports(object, namespace, set);
  return [
    ...stepReports(object.spec.strategy.steps),
    ...missing,
    ...(missing.length > 0 ? [] : targetReports(object, namespace, set)),
  ];
}

const SCHEMA = { code: "SRN0101", severity: "error" } as const;

function stepReports(steps: readonly Step[]): Report[] {
  const reports: Report[] = [];
  let before = 0;
  for (const [index, step] of steps.entries()) {
    if (!("setWeight" in step)) continue;
    const segments = ["spec", "strategy", "steps", index, "setWeight"];
    if (step.setWeight < before)
      reports.push({
        code: "SRN0102",
        severity: "warning",
        segments,
        message: `falls from ${before} to ${step.setWeight}`,
        cure: "write rising weights, unless the canary shall have less for a while",
      });
    before = step.setWeight;
  }
  const last = steps.findLastIndex((step) => "setWeight" in step);
  if (before < 100)
    reports.push({
      code: "SRN0103",
      severity: "info",
      segments: ["spec", "strategy", "steps", Math.max(last, 0)],
      message: `after the last step the canary goes from ${before} to 100 at once`,
      cure: "add {setWeight: 100} after a pause to see it coming, or leave it so",
    });
  return reports;
}

function deploymentReports({ spec }: Canary, namespace: string, set: ObjectSet): Report[] {
  const there = new Set(objectsOf(set, "Deployment", namespace).map(({ metadata }) => metadata.name));
  return (["stable", "canary"] as const).flatMap((side) => {
    const name = spec.versions[side];
    if (there.has(name)) return [];
    return [
      {
        code: "SRN0104" as const,
        severity: severityOfMissing(set),
        segments: ["spec", "versions", side],
        message: `Deployment ${name} is not in namespace ${namespace} ${whereOf(set)}`,
        cure: "create it, or correct the name",
      },
    ];
  });
}

/** Problems that more objects would not solve. */
const DEFINITE = ["AmbiguousTraffic", "VersionsNotTold"];

function targetReports(canary: Canary, namespace: string, set: ObjectSet): Report[] {
  const resolved = targetOf(canary, namespace, set);
  if (resolved.ok) return [];
  const [message, cure] = cutAtCure(resolved.message);
  return [
    {
      code: "SRN0105",
      severity: DEFINITE.includes(resolved.reason) ? "error" : severityOfMissing(set),
      segments: canary.spec.traffic === undefined ? ["spec", "versions"] : ["spec", "traffic"],
      message,
      cure,
    },
  ];
}

function targetOf({ spec }: Canary, namespace: string, set: ObjectSet): ResolvedTarget {
  const deployments = objectsOf(set, "Deployment", namespace);
  const versionOf = (name: string) => ({
    name,
    deployment: deployments.find(({ metadata }) => metadata.name === name),
  });
  return resolveTarget(spec.traffic, {
    namespace,
    stable: versionOf(spec.versions.stable),
    canary: versionOf(spec.versions.canary),
    destinationRules: objectsOf(set, "DestinationRule", namespace),
    virtualServices: objectsOf(set, "VirtualService", namespace),
  });
}

/** Resolution says both in one sentence, around a semicolon. */
function cutAtCure(text: string): [string, string] {
  const at = text.indexOf("; ");
  return at === -1 ? [text, "correct it"] : [text.slice(0, at), text.slice(at + 2)];
}

/** Every Canary that moves a route which an earlier one moves. */
export function rivalFindings(set: ObjectSet): Finding[] {
  const owners = new Map<string, string>();
  return set.entries.flatMap((entry) => {
    const keys = keysOf(entry, set);
    const name = entry.object.metadata.name;
    const taken = keys.find((key) => owners.has(key) && owners.get(key) !== name);
    for (const key of keys) if (!owners.has(key)) owners.set(key, name);
    if (taken === undefined) return [];
    const report = {
      code: "SRN0106" as const,
      severity: "error" as const,
      segments: ["spec", "versions"],
      message: `moves the same route (${taken}) as Canary ${owners.get(taken)}, so one of the two would be stalled`,
      cure: "delete one of them, or name other routes under spec.traffic.istio.virtualServices",
    };
    return [findingOf(report, entry.index, subjectOf(entry))];
  });
}

function keysOf({ object, namespace }: Entry, set: ObjectSet): string[] {
  if (!isCanary(object)) return [];
  const resolved = targetOf(object, namespace, set);
  return resolved.ok ? routeKeys(resolved.target) : [];
}

function isCanary(object: KubeObject): object is Canary {
  return isOfKind(object, "Canary") && parseCanary(object).ok;
}
