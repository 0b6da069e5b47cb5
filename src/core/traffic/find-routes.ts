// The routes of VirtualServices that send to the two sides.

import type { TrafficSpec } from "../spec/canary.ts";
import { type Sides, sameHost } from "./destination.ts";
import { sayRoute, sendsToSides } from "./locate-route.ts";
import type { MeshObjects, Unresolved } from "./mesh-objects.ts";
import { readRoute } from "./read-split.ts";
import type { RouteRef, TrafficTarget } from "./split.ts";
import { destinationsOf, type HttpRoute, httpRoutesOf, type VirtualService } from "./virtual-service.ts";
import { effectiveWeights, IMPLIED_TOTAL } from "./weights.ts";

type Found = { ok: true; routes: RouteRef[]; total: number } | Unresolved;
interface Located {
  ref: RouteRef;
  route: HttpRoute;
}

/** At least one route, or what is missing or ambiguous. */
export function findRoutes(traffic: TrafficSpec | undefined, sides: Sides, objects: MeshObjects): Found {
  const named = traffic?.istio?.virtualServices;
  const found = named === undefined ? lookAround(sides, objects) : takeNamed(named, sides, objects);
  if (!Array.isArray(found)) return found;
  const disagreement = named?.some(({ routes }) => routes !== undefined) ? undefined : disagreeing(found, sides);
  if (disagreement !== undefined) return disagreement;
  return {
    ok: true,
    routes: found.map(({ ref, route }) => withAdditions(ref, route, sides)),
    total: totalOf(found[0]!.route, sides),
  };
}

type NamedServices = NonNullable<NonNullable<TrafficSpec["istio"]>["virtualServices"]>;

function takeNamed(named: NamedServices, sides: Sides, objects: MeshObjects): Located[] | Unresolved {
  const located: Located[] = [];
  for (const { name, routes } of named) {
    const service = objects.virtualServices.find(({ metadata }) => metadata.name === name);
    if (service === undefined) return noService(name, objects);
    const here = sendingRoutes(service, sides);
    if (routes === undefined && here.length === 0) return sendsNowhere([service], sides);
    const wanted = routes === undefined ? here : routes.map((route) => here.find(({ ref }) => ref.route === route));
    const absent = wanted.indexOf(undefined);
    if (absent !== -1) return noRoute(service, routes![absent]!, sides);
    located.push(...(wanted as Located[]));
  }
  return located;
}

function lookAround(sides: Sides, objects: MeshObjects): Located[] | Unresolved {
  const { virtualServices, namespace } = objects;
  const sending = virtualServices.filter((service) => sendingRoutes(service, sides).length > 0);
  if (sending.length === 1) return sendingRoutes(sending[0]!, sides);
  if (sending.length > 1) return ambiguousServices(sending);
  if (virtualServices.length > 0) return sendsNowhere(virtualServices, sides);
  const message = `namespace ${namespace} has no VirtualService; create one whose route sends to host ${sides.host}, subset ${sides.stableSubset}`;
  return { ok: false, reason: "VirtualServiceNotFound", message };
}

function sendingRoutes(service: VirtualService, sides: Sides): Located[] {
  return httpRoutesOf(service).flatMap((route, index) => {
    if (!sendsToSides(route, sides)) return [];
    const virtualService = service.metadata.name;
    return [{ route, ref: route.name ? { virtualService, route: route.name, index } : { virtualService, index } }];
  });
}

/** Notes which destination is absent, so that what Serin adds is known to be its own. */
function withAdditions(ref: RouteRef, route: HttpRoute, sides: Sides): RouteRef {
  const { stable, canary } = presentSides(route, sides);
  if (stable && canary) return ref;
  const destinations = destinationsOf(route);
  const implied = destinations.length === 1 && destinations[0]!.weight === undefined;
  return { ...ref, adds: stable ? "canary" : "stable", ...(implied ? { impliedWeight: true as const } : {}) };
}

function presentSides(route: HttpRoute, sides: Sides) {
  const has = (subset: string) =>
    destinationsOf(route).some(
      ({ destination }) => destination?.subset === subset && sameHost(destination.host, sides.host, sides.namespace),
    );
  return { stable: has(sides.stableSubset), canary: has(sides.canarySubset) };
}

function totalOf(route: HttpRoute, sides: Sides): number {
  const split = readRoute(route, { virtualService: "", index: 0 }, asTarget(sides));
  if (split.ok) return split.stable + split.canary;
  const sum = effectiveWeights(destinationsOf(route)).reduce((total, weight) => total + weight, 0);
  return Number.isInteger(sum) && sum > 0 ? sum : IMPLIED_TOTAL;
}

/** Several routes of one VirtualService are moved together when they split alike; else a person must say which. */
function disagreeing(found: Located[], sides: Sides): Unresolved | undefined {
  const shares = found.map(({ ref, route }) => ({ ref, split: readRoute(route, ref, asTarget(sides)) }));
  const ratios = new Set(shares.map(({ split }) => (split.ok ? split.canary / (split.stable + split.canary) : -1)));
  if (ratios.size <= 1) return undefined;
  const say = ({ ref, split }: (typeof shares)[number]) =>
    `${sayRoute(ref)} (${split.ok ? `stable ${split.stable}, canary ${split.canary}` : "no clear split"})`;
  const meant = shares.find(({ ref, split }) => ref.route !== undefined && split.ok && split.stable > 0) ?? shares[0]!;
  const { virtualService, route = "NAME" } = meant.ref;
  const unnamed = found.some(({ ref }) => ref.route === undefined) ? "give each route a name, and " : "";
  const message = `routes split the two versions differently: ${shares.map(say).join(", ")}; ${unnamed}write the ones to move under spec.traffic.istio, such as virtualServices: [{name: ${virtualService}, routes: [${route}]}]`;
  return { ok: false, reason: "AmbiguousTraffic", message };
}

function asTarget(sides: Sides): TrafficTarget {
  return { ...sides, destinationRule: "", routes: [], total: IMPLIED_TOTAL };
}

function noService(name: string, { namespace, virtualServices }: MeshObjects): Unresolved {
  const there = virtualServices.map(({ metadata }) => metadata.name).join(", ");
  const message = `VirtualService ${name} is not in namespace ${namespace}; create it, or name another one in spec.traffic.istio.virtualServices (there: ${there === "" ? "none" : there})`;
  return { ok: false, reason: "VirtualServiceNotFound", message };
}

function noRoute(service: VirtualService, route: string, sides: Sides): Unresolved {
  const { name } = service.metadata;
  const names = sendingRoutes(service, sides).map(({ ref }) => ref.route ?? `http[${ref.index}], which has no name`);
  const exists = httpRoutesOf(service).some((each) => each.name === route);
  const what = exists
    ? `route "${route}" of VirtualService ${name} sends neither to subset ${sides.stableSubset} nor to ${sides.canarySubset} of ${sides.host}`
    : `VirtualService ${name} has no route named "${route}"`;
  const message = `${what}; routes that send there: ${names.length === 0 ? "none" : names.join(", ")}`;
  return { ok: false, reason: "RouteNotFound", message };
}

/** The commonest mistake has its own sentence: a destination without subset reaches the pods of both versions. */
function sendsNowhere(services: VirtualService[], sides: Sides): Unresolved {
  const all = services.flatMap((service) => httpRoutesOf(service).map((route, index) => ({ service, route, index })));
  const bare = all.find(({ route }) =>
    destinationsOf(route).some(
      ({ destination }) =>
        destination?.subset === undefined &&
        typeof destination?.host === "string" &&
        sameHost(destination.host, sides.host, sides.namespace),
    ),
  );
  if (bare !== undefined) {
    const where = sayRoute({ virtualService: bare.service.metadata.name, route: bare.route.name, index: bare.index });
    const message = `${where} sends to ${sides.host} without a subset, so to both versions alike; write its destination as {host: ${sides.host}, subset: ${sides.stableSubset}}`;
    return { ok: false, reason: "DestinationWithoutSubset", message };
  }
  const names = services.map(({ metadata }) => metadata.name).join(", ");
  const empty = all.length === 0 ? " (it has no http routes at all)" : "";
  const message = `no route of VirtualService ${names}${empty} sends to subset ${sides.stableSubset} or ${sides.canarySubset} of ${sides.host}; add to spec.http: - route: [{destination: {host: ${sides.host}, subset: ${sides.stableSubset}}}]`;
  return { ok: false, reason: "RouteNotFound", message };
}

function ambiguousServices(services: VirtualService[]): Unresolved {
  const names = services.map(({ metadata }) => `{name: ${metadata.name}}`);
  const message = `more than one VirtualService sends to the two versions; write the ones to move under spec.traffic.istio, for all of them: virtualServices: [${names.join(", ")}]`;
  return { ok: false, reason: "AmbiguousTraffic", message };
}
