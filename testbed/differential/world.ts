// One side of the comparison: something that takes Kubernetes objects and then routes requests by them. There are three: the sandbox
// gateway, a small mesh of istiod and Envoy on loopback, and any cluster with Istio.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import type { LiveCase } from "./case.ts";
import type { Fleet } from "./fleet.ts";

export interface RoutingWorld {
  /** For the report: what it is made of. */
  readonly name: string;
  /** The upstreams that its proxy reaches. */
  readonly fleet: Fleet;
  /** Creates the objects. Throws when the API refuses one. */
  apply(objects: readonly KubeObject[]): Promise<void>;
  /** Resolves when everything applied so far decides about requests. Throws after a while when it never does. */
  inEffect(): Promise<void>;
  /** Where to connect for a Gateway port. */
  addressOf(gatewayPort: number): { host: string; port: number };
  /** Why a case cannot be put before this world; undefined when it can. */
  leavesOut(each: LiveCase): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Ports that the suite's Gateway opens in every world. */
export const GATEWAY_PORTS = [80, 8081] as const;
