// One side of the comparison: something that takes Kubernetes objects and then routes requests by them. The sandbox gateway is one,
// a small mesh of real istiod and Envoy another; any cluster with Istio could be a third.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";

export interface RoutingWorld {
  readonly name: string;
  /** Creates the objects. Throws when the API refuses one. */
  apply(objects: readonly KubeObject[]): Promise<void>;
  /** Resolves when everything applied so far decides about requests. Throws after a while when it never does. */
  inEffect(): Promise<void>;
  /** Where to connect for a Gateway port. */
  addressOf(gatewayPort: number): { host: string; port: number };
  close(): Promise<void>;
}

/** Ports that the suite's Gateway opens in every world. */
export const GATEWAY_PORTS = [80, 8081] as const;
