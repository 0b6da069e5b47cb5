// What resolving a Canary's traffic looks at, and how it says that something is missing.

import type { Deployment } from "../kubernetes/workload.ts";
import type { DestinationRule, VirtualService } from "./virtual-service.ts";

/** All that is looked at, in one namespace. */
export interface MeshObjects {
  namespace: string;
  stable: { name: string; deployment?: Deployment };
  canary: { name: string; deployment?: Deployment };
  destinationRules: DestinationRule[];
  virtualServices: VirtualService[];
}

/** `reason` is a condition's reason; `message` names the objects and the cure. */
export interface Unresolved {
  ok: false;
  reason: string;
  message: string;
}
