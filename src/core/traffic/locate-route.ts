// Finds the route that a reference means, in a VirtualService that may have been edited since.

import { type Sides, sideOf } from "./destination.ts";
import type { RouteRef } from "./split.ts";
import { destinationsOf, type HttpRoute, httpRoutesOf, type VirtualService } from "./virtual-service.ts";

/**
 * Index in `spec.http`, or undefined when it is gone. A named route is known by its name. An unnamed one is known by its
 * place, as long as that place sends to one of the two sides; else by being the only unnamed one that does.
 */
export function locateRoute(service: VirtualService, ref: RouteRef, sides: Sides): number | undefined {
  const routes = httpRoutesOf(service);
  const fits = (route: HttpRoute | undefined) =>
    route !== undefined &&
    (ref.route === undefined ? !route.name && sendsToSides(route, sides) : route.name === ref.route);
  if (fits(routes[ref.index])) return ref.index;
  const found = routes.flatMap((route, index) => (fits(route) ? [index] : []));
  return ref.route === undefined && found.length > 1 ? undefined : found[0];
}

/** True when one of the route's destinations is stable or canary. */
export function sendsToSides(route: HttpRoute, sides: Sides): boolean {
  return destinationsOf(route).some(({ destination }) => sideOf(destination, sides) !== undefined);
}

/** For people: `route "primary" of VirtualService echo`, `http[0] of VirtualService echo`. */
export function sayRoute(ref: RouteRef): string {
  const route = ref.route === undefined ? `http[${ref.index}]` : `route "${ref.route}"`;
  return `${route} of VirtualService ${ref.virtualService}`;
}

/** One text per route: two Canaries whose targets share one of them fight over it. */
export function routeKeys(target: { namespace: string; routes: RouteRef[] }): string[] {
  return target.routes.map(
    ({ virtualService, route, index }) => `${target.namespace}/${virtualService}/${route ?? `#${index}`}`,
  );
}
