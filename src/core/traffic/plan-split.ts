// The least change that gives a VirtualService's routes a split: a JSON patch that tests what it was planned on.
//
//   in the route        wanted weight   the patch
//   weight as wanted    any             nothing
//   other weight        any             replaces the weight (adds it where none was written)
//   absent              0               nothing
//   absent              above 0         adds the destination, like its sibling but for the subset
//   added by Serin      0               removes it, and the weight that its sibling had not before
//
// Other destinations, routes and fields are in no operation but `test`. Tests are limited to destinations and weights: an API
// server compares a string with "&" or "<" as escaped text, so that a test of a header value could fail for ever.

import { type Side, sideOf } from "./destination.ts";
import { locateRoute, sayRoute } from "./locate-route.ts";
import type { RouteRef, TrafficTarget } from "./split.ts";
import { destinationsOf, httpRoutesOf, type RouteDestination, type VirtualService } from "./virtual-service.ts";
import { splitOf } from "./weights.ts";

/** The operations of RFC 6902 that a plan uses. */
export type PlanOperation =
  | { op: "add" | "replace" | "test"; path: string; value: unknown }
  | { op: "remove"; path: string };

export type SplitPlan = { ok: true; operations: PlanOperation[] } | { ok: false; problem: string };

/** No operations at all when the split is there already. Taking everything from the canary works in whatever routes are left. */
export function planSplit(service: VirtualService, target: TrafficTarget, canaryWeight: number): SplitPlan {
  const wanted = splitOf(target.total, canaryWeight);
  const tests: PlanOperation[] = [];
  const changes: PlanOperation[] = [];
  for (const ref of target.routes.filter(({ virtualService }) => virtualService === service.metadata.name)) {
    const index = locateRoute(service, ref, target);
    if (index === undefined && wanted.canary === 0) continue;
    if (index === undefined)
      return { ok: false, problem: `${sayRoute(ref)} is gone; put it back, or abort the rollout` };
    const destinations = destinationsOf(httpRoutesOf(service)[index]!);
    const found = sidesIn(destinations, target);
    if (wanted.canary > 0 && found.stable === undefined && found.canary === undefined)
      return {
        ok: false,
        problem: `${sayRoute(ref)} sends to neither version any more; put one back, or abort the rollout`,
      };
    const route = { ref, at: `/spec/http/${index}/route`, destinations, found };
    const changesHere = changesOf(route, target, wanted);
    if (changesHere.length > 0) tests.push(...destinationTests(route));
    changes.push(...changesHere);
  }
  if (changes.length === 0) return { ok: true, operations: [] };
  return { ok: true, operations: [...versionTest(service), ...tests, ...changes] };
}

type Found = Partial<Record<Side, { place: number; entry: RouteDestination }>>;

interface RouteInPlan {
  ref: RouteRef;
  at: string;
  destinations: RouteDestination[];
  found: Found;
}

function sidesIn(destinations: RouteDestination[], target: TrafficTarget): Found {
  const found: Found = {};
  for (const [place, entry] of destinations.entries()) {
    const side = sideOf(entry.destination, target);
    if (side !== undefined) found[side] ??= { place, entry };
  }
  return found;
}

function changesOf(route: RouteInPlan, target: TrafficTarget, wanted: Record<Side, number>): PlanOperation[] {
  const { ref, at, destinations, found } = route;
  if (isEverything(route, target, wanted)) return [];
  const leaving = ref.adds !== undefined && wanted[ref.adds] === 0 ? found[ref.adds] : undefined;
  const bare = leaving !== undefined && ref.impliedWeight === true && destinations.length === 2;
  const changes: PlanOperation[] = [];
  for (const side of ["stable", "canary"] as const) {
    const here = found[side];
    const sibling = found[side === "stable" ? "canary" : "stable"];
    if (here === undefined) changes.push(...additions(side, sibling?.entry, { at, target, wanted }));
    else if (here !== leaving) changes.push(...weightChange(here, { at, weight: wanted[side], bare }));
  }
  if (leaving !== undefined) changes.push({ op: "remove", path: `${at}/${leaving.place}` });
  return changes;
}

/** An only destination that shall have everything has it, whatever its weight says; a route without our sides has no canary. */
function isEverything(
  { destinations, found }: RouteInPlan,
  target: TrafficTarget,
  wanted: Record<Side, number>,
): boolean {
  if (found.stable === undefined && found.canary === undefined) return true;
  const only = found.stable === undefined ? "canary" : "stable";
  return destinations.length === 1 && wanted[only] === target.total;
}

/** `bare`: it stands alone again, and had no weight before. */
function weightChange(
  { place, entry }: { place: number; entry: RouteDestination },
  { at, weight, bare }: { at: string; weight: number; bare: boolean },
): PlanOperation[] {
  const path = `${at}/${place}/weight`;
  if (bare) return entry.weight === undefined ? [] : [{ op: "remove", path }];
  if (entry.weight === weight) return [];
  return [{ op: entry.weight === undefined ? "add" : "replace", path, value: weight }];
}

function additions(
  side: Side,
  sibling: RouteDestination | undefined,
  { at, target, wanted }: { at: string; target: TrafficTarget; wanted: Record<Side, number> },
): PlanOperation[] {
  if (wanted[side] === 0) return [];
  const subset = side === "stable" ? target.stableSubset : target.canarySubset;
  const destination = { ...(sibling?.destination ?? { host: target.host }), subset };
  return [{ op: "add", path: `${at}/-`, value: { destination, weight: wanted[side] } }];
}

/** What was read in the route: every destination with its weight. */
function destinationTests({ destinations, at }: RouteInPlan): PlanOperation[] {
  return destinations.flatMap(({ destination, weight }, place): PlanOperation[] => {
    const tests: PlanOperation[] = [];
    if (destination !== undefined) tests.push({ op: "test", path: `${at}/${place}/destination`, value: destination });
    if (weight !== undefined) tests.push({ op: "test", path: `${at}/${place}/weight`, value: weight });
    return tests;
  });
}

/** Whatever else was in the object is in its version. */
function versionTest({ metadata }: VirtualService): PlanOperation[] {
  const { resourceVersion } = metadata;
  return resourceVersion === undefined
    ? []
    : [{ op: "test", path: "/metadata/resourceVersion", value: resourceVersion }];
}
