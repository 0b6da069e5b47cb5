// The echo application's routing as values: the objects of Istio that split its two versions, and the target they resolve to.

import type { TrafficTarget } from "../../src/core/traffic/split.ts";
import type {
  DestinationRule,
  HttpRoute,
  RouteDestination,
  VirtualService,
} from "../../src/core/traffic/virtual-service.ts";

export const TARGET: TrafficTarget = {
  namespace: "default",
  host: "echo",
  stableSubset: "v1",
  canarySubset: "v2",
  destinationRule: "echo",
  routes: [{ virtualService: "echo", index: 0 }],
  total: 100,
};

export const DESTINATION_RULE: DestinationRule = {
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: "echo", namespace: "default" },
  spec: { host: "echo", subsets: ["v1", "v2"].map((version) => ({ name: version, labels: { version } })) },
};

export function virtualService(http: HttpRoute[], name = "echo"): VirtualService {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec: { hosts: ["*"], http },
  };
}

/** A route that sends to both versions. */
export function split(stable: number, canary: number): HttpRoute {
  return { route: [to("v1", stable), to("v2", canary)] };
}

export function to(subset: string | undefined, weight?: number, host = "echo"): RouteDestination {
  return {
    destination: subset === undefined ? { host } : { host, subset },
    ...(weight === undefined ? {} : { weight }),
  };
}
