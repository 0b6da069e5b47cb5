// The fields of Istio's VirtualService and DestinationRule that moving weight needs. Other fields stay as they are.
// https://istio.io/latest/docs/reference/config/networking/virtual-service/

import type { KubeObject } from "../kubernetes/object.ts";

export interface VirtualService extends KubeObject {
  spec: {
    hosts?: string[];
    gateways?: string[];
    http?: HttpRoute[];
    [field: string]: unknown;
  };
}

export interface HttpRoute {
  name?: string;
  match?: unknown[];
  route?: RouteDestination[];
  [field: string]: unknown;
}

export interface RouteDestination {
  destination: Destination;
  weight?: number;
  [field: string]: unknown;
}

export interface Destination {
  host: string;
  subset?: string;
  port?: { number?: number };
}

export interface DestinationRule extends KubeObject {
  spec: { host: string; subsets?: Subset[]; [field: string]: unknown };
}

export interface Subset {
  name: string;
  labels?: Record<string, string>;
  [field: string]: unknown;
}

/** The HTTP routes, whatever a careless manifest holds: what is no route becomes an empty one in its place. */
export function httpRoutesOf(service: VirtualService): HttpRoute[] {
  return objectsIn((service.spec as { http?: unknown } | undefined)?.http) as HttpRoute[];
}

/** The destinations of a route. */
export function destinationsOf(route: HttpRoute): RouteDestination[] {
  return objectsIn(route.route) as RouteDestination[];
}

/** The subsets of a DestinationRule. */
export function subsetsOf(rule: DestinationRule): Subset[] {
  return objectsIn((rule.spec as { subsets?: unknown } | undefined)?.subsets) as Subset[];
}

function objectsIn(list: unknown): object[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown) => (typeof item === "object" && item !== null ? item : {}));
}
