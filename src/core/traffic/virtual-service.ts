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

/** The HTTP routes as an array, whatever a careless manifest holds. */
export function httpRoutesOf(service: VirtualService): HttpRoute[] {
  const http = (service.spec as { http?: unknown } | undefined)?.http;
  return Array.isArray(http) ? (http as HttpRoute[]) : [];
}

/** The destinations of a route as an array. */
export function destinationsOf(route: HttpRoute): RouteDestination[] {
  return Array.isArray(route.route) ? route.route : [];
}
