// From two Deployments to the routes and destinations to move: by what the spec names, else by looking.
//
//   Deployment's pod labels -> subsets of DestinationRules that select them -> routes of VirtualServices that send there
//
// Everything that is missing or ambiguous is answered with the object's name and the lines to write.

import type { TrafficSpec } from "../spec/canary.ts";
import type { Sides } from "./destination.ts";
import { findRoutes } from "./find-routes.ts";
import { findSubsets, type SubsetPair } from "./find-subsets.ts";
import type { MeshObjects, Unresolved } from "./mesh-objects.ts";
import type { TrafficTarget } from "./split.ts";

export type ResolvedTarget = { ok: true; target: TrafficTarget } | Unresolved;

export function resolveTarget(traffic: TrafficSpec | undefined, objects: MeshObjects): ResolvedTarget {
  const missing = missingDeployment(objects);
  if (missing !== undefined) return missing;
  const pairs = findSubsets(traffic?.istio?.destinationRule, objects);
  if (!pairs.ok) return pairs;
  const found = pairs.pairs.map((pair) => ({ pair, routes: findRoutes(traffic, sidesOf(pair, objects), objects) }));
  const whole = found.flatMap(({ pair, routes }) => (routes.ok ? [{ pair, routes }] : []));
  if (whole.length > 1) return ambiguousSubsets(whole.map(({ pair }) => pair));
  const [chosen] = whole;
  if (chosen === undefined) {
    const first = found[0]!.routes;
    return first.ok ? ambiguousSubsets(pairs.pairs) : first;
  }
  const sides = sidesOf(chosen.pair, objects);
  const { routes, total } = chosen.routes;
  return { ok: true, target: { ...sides, destinationRule: chosen.pair.rule.metadata.name, routes, total } };
}

function missingDeployment({ namespace, stable, canary }: MeshObjects): Unresolved | undefined {
  for (const [field, { name, deployment }] of Object.entries({ stable, canary })) {
    if (deployment !== undefined) continue;
    const message = `Deployment ${name} is not in namespace ${namespace}; create it, or name another one in spec.versions.${field}`;
    return { ok: false, reason: "DeploymentNotFound", message };
  }
  return undefined;
}

function sidesOf({ rule, stableSubset, canarySubset }: SubsetPair, { namespace }: MeshObjects): Sides {
  return { namespace, host: rule.spec.host, stableSubset, canarySubset };
}

function ambiguousSubsets(pairs: SubsetPair[]): Unresolved {
  const candidates = pairs.map(
    ({ rule, stableSubset, canarySubset }) =>
      `destinationRule: {name: ${rule.metadata.name}, stableSubset: ${stableSubset}, canarySubset: ${canarySubset}}`,
  );
  return {
    ok: false,
    reason: "AmbiguousTraffic",
    message: `more than one pair of subsets selects the two versions; write one of these under spec.traffic.istio: ${candidates.join("; ")}`,
  };
}
