// The subsets of DestinationRules that select the pods of one version and not of the other.

import type { Deployment } from "../kubernetes/workload.ts";
import type { TrafficSpec } from "../spec/canary.ts";
import type { MeshObjects, Unresolved } from "./mesh-objects.ts";
import { type DestinationRule, type Subset, subsetsOf } from "./virtual-service.ts";

export interface SubsetPair {
  rule: DestinationRule;
  stableSubset: string;
  canarySubset: string;
}

type RuleSpec = NonNullable<NonNullable<TrafficSpec["istio"]>["destinationRule"]>;
type Found = { ok: true; pairs: SubsetPair[] } | Unresolved;

/** At least one pair, or what is missing. `named` is the spec's narrowing. */
export function findSubsets(named: RuleSpec | undefined, objects: MeshObjects): Found {
  const rules = objects.destinationRules.filter(({ metadata }) => named === undefined || metadata.name === named.name);
  if (rules.length === 0) return noRule(named, objects);
  const pairs = rules.flatMap((rule) => pairsOf(rule, named, objects));
  return pairs.length > 0 ? { ok: true, pairs } : noPair(rules, named, objects);
}

/** True when every label of the subset is on the Deployment's pods. A subset without labels selects everything. */
export function subsetSelects(subset: Subset, deployment: Deployment | undefined): boolean {
  const labels = deployment?.spec.template?.metadata?.labels ?? {};
  return Object.entries(subset.labels ?? {}).every(([key, value]) => labels[key] === value);
}

function pairsOf(rule: DestinationRule, named: RuleSpec | undefined, { stable, canary }: MeshObjects): SubsetPair[] {
  const forStable = subsetsFor(rule, named?.stableSubset, stable.deployment, canary.deployment);
  const forCanary = subsetsFor(rule, named?.canarySubset, canary.deployment, stable.deployment);
  return forStable.flatMap((stableSubset) => forCanary.map((canarySubset) => ({ rule, stableSubset, canarySubset })));
}

function subsetsFor(rule: DestinationRule, name: string | undefined, own?: Deployment, other?: Deployment): string[] {
  return subsetsOf(rule)
    .filter((subset) => name === undefined || subset.name === name)
    .filter((subset) => subsetSelects(subset, own) && !subsetSelects(subset, other))
    .map((subset) => subset.name);
}

function noRule(named: RuleSpec | undefined, { namespace, destinationRules }: MeshObjects): Unresolved {
  const there = destinationRules.map(({ metadata }) => metadata.name).join(", ");
  const message =
    named === undefined
      ? `namespace ${namespace} has no DestinationRule; create one for the Service's host with a subset for each version`
      : `DestinationRule ${named.name} is not in namespace ${namespace}; create it, or name another one in spec.traffic.istio.destinationRule.name (there: ${there === "" ? "none" : there})`;
  return { ok: false, reason: "DestinationRuleNotFound", message };
}

/** Names the first side that no subset selects, and the labels that would tell it from the other. */
function noPair(rules: DestinationRule[], named: RuleSpec | undefined, objects: MeshObjects): Unresolved {
  const { stable, canary } = objects;
  const sides = [
    { field: "stableSubset", own: stable, other: canary, name: named?.stableSubset },
    { field: "canarySubset", own: canary, other: stable, name: named?.canarySubset },
  ];
  const lacking =
    sides.find(({ own, other, name }) =>
      rules.every((rule) => subsetsFor(rule, name, own.deployment, other.deployment).length === 0),
    ) ?? sides[1]!;
  const { own, other, name, field } = lacking;
  const where = rules.map(({ metadata }) => metadata.name).join(", ");
  const labels = tellingLabels(own.deployment!, other.deployment!);
  if (labels === undefined)
    return {
      ok: false,
      reason: "VersionsNotTold",
      message: `the pods of Deployments ${own.name} and ${other.name} have the same labels, so no subset can tell them apart; give each pod template a label of its own, such as version: ${own.name}`,
    };
  const lines = `- {name: ${name ?? Object.values(labels)[0]}, labels: {${Object.entries(labels)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")}}}`;
  const which = name === undefined ? "no subset" : `no subset ${name}`;
  return {
    ok: false,
    reason: "SubsetNotFound",
    message: `DestinationRule ${where} has ${which} that selects the pods of Deployment ${own.name} and not those of ${other.name}; add to spec.subsets: ${lines}${name === undefined ? "" : `, or correct spec.traffic.istio.destinationRule.${field}`}`,
  };
}

/** Labels of the one version's pods that the other's lack or have otherwise: `version` if it is among them, else the first. */
function tellingLabels(own: Deployment, other: Deployment): Record<string, string> | undefined {
  const mine = own.spec.template?.metadata?.labels ?? {};
  const theirs = other.spec.template?.metadata?.labels ?? {};
  const telling = Object.keys(mine).filter((key) => mine[key] !== theirs[key]);
  const key = telling.find((each) => each === "version") ?? telling[0];
  return key === undefined ? undefined : { [key]: mine[key]! };
}
