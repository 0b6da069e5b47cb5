// The split as a set of VirtualServices holds it, or why there is no one split to speak of.

import { type Side, sayDestination, sideOf } from "./destination.ts";
import { locateRoute, sayRoute } from "./locate-route.ts";
import type { RouteRef, TrafficTarget } from "./split.ts";
import { destinationsOf, type HttpRoute, httpRoutesOf, type VirtualService } from "./virtual-service.ts";
import { effectiveWeights } from "./weights.ts";

export type Split =
  | { ok: true; stable: number; canary: number }
  /** `disagreeing`: each route is readable, and has this weight of the target's total on the canary. */
  | { ok: false; problem: string; disagreeing?: number[] };

/** The one split that all routes of the target share. Absent destinations count as weight 0. */
export function readSplit(services: VirtualService[], target: TrafficTarget): Split {
  const splits: (Weights & { ref: RouteRef })[] = [];
  for (const ref of target.routes) {
    const service = services.find(({ metadata }) => metadata.name === ref.virtualService);
    const index = service === undefined ? undefined : locateRoute(service, ref, target);
    if (service === undefined || index === undefined)
      return { ok: false, problem: `${sayRoute(ref)} is gone; put it back, or abort the rollout` };
    const split = readRoute(httpRoutesOf(service)[index]!, ref, target);
    if (!split.ok) return split;
    splits.push({ stable: split.stable, canary: split.canary, ref });
  }
  const [shared] = splits;
  if (shared === undefined) return { ok: false, problem: "there is no route to move" };
  const other = splits.find((split) => !sameShare(shared, split));
  if (other !== undefined) {
    const disagreeing = splits.map(({ stable, canary }) => Math.round((canary * target.total) / (stable + canary)));
    return { ...disagreement(other, shared), disagreeing };
  }
  return { ok: true, stable: shared.stable, canary: shared.canary };
}

/** The split of one object's routes of the target. */
export function readObject(service: VirtualService, target: TrafficTarget): Split {
  const routes = target.routes.filter(({ virtualService }) => virtualService === service.metadata.name);
  return readSplit([service], { ...target, routes });
}

/** SplitReading.canaryAtMost: what an abort of a route that somebody else broke has to take away. */
export function canaryAtMost(services: VirtualService[], target: TrafficTarget): number | undefined {
  let most = 0;
  for (const ref of target.routes) {
    const service = services.find(({ metadata }) => metadata.name === ref.virtualService);
    const index = service === undefined ? undefined : locateRoute(service, ref, target);
    if (service === undefined || index === undefined) continue;
    const destinations = destinationsOf(httpRoutesOf(service)[index]!);
    const weights = effectiveWeights(destinations);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const canary = weights.filter((_, place) => sideOf(destinations[place]!.destination, target) === "canary");
    if (!weights.every((weight) => Number.isInteger(weight) && weight >= 0)) return undefined;
    if (sum > 0) most = Math.max(most, (canary.reduce((total, weight) => total + weight, 0) * target.total) / sum);
  }
  return Math.ceil(most);
}

/** The split of one route. */
export function readRoute(route: HttpRoute, ref: RouteRef, target: TrafficTarget): Split {
  const destinations = destinationsOf(route);
  const weights = effectiveWeights(destinations);
  const found: Partial<Record<Side, number>> = {};
  for (const [index, { destination }] of destinations.entries()) {
    const weight = weights[index]!;
    const name = sayDestination(destination);
    if (!Number.isInteger(weight) || weight < 0)
      return problem(ref, `weight of ${name} is ${String(weight)}; write a whole number from 0`);
    const side = sideOf(destination, target);
    if (side !== undefined && found[side] !== undefined)
      return problem(ref, `${name} is there twice; leave one, with the sum of both weights`);
    if (side !== undefined) found[side] = weight;
    else if (weight > 0)
      return problem(ref, `${name} has weight ${weight} beside the two versions; give it 0 or a route of its own`);
  }
  const [stable, canary] = [found.stable ?? 0, found.canary ?? 0];
  if (stable + canary === 0)
    return problem(ref, "neither version has any weight; give all of it to the stable version");
  return { ok: true, stable, canary };
}

function problem(ref: RouteRef, text: string): Split {
  return { ok: false, problem: `${sayRoute(ref)}: ${text}` };
}

interface Weights {
  stable: number;
  canary: number;
}

/** 80/20 and 8/2 are the same share. */
function sameShare(a: Weights, b: Weights): boolean {
  return a.canary * (b.stable + b.canary) === b.canary * (a.stable + a.canary);
}

function disagreement(a: Weights & { ref: RouteRef }, b: Weights & { ref: RouteRef }): { ok: false; problem: string } {
  const say = ({ ref, stable, canary }: Weights & { ref: RouteRef }) => `${sayRoute(ref)} has ${stable}/${canary}`;
  return {
    ok: false,
    problem: `the routes disagree (stable/canary): ${say(b)}, ${say(a)}; set both to the same split, or name the routes to move under spec.traffic.istio.virtualServices[].routes`,
  };
}
