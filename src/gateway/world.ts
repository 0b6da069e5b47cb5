// Everything the table is compiled from, as one value: the objects as the watch caches hold them.

import type { EndpointSlice, Pod, Service } from "../core/kubernetes/workload.ts";
import type { Credentials } from "./credential-store.ts";
import type { GatewayApiObjects } from "./gateway-api/objects.ts";
import type { DestinationRule, IstioGateway, VirtualService } from "./objects.ts";

export interface World {
  gateways: readonly IstioGateway[];
  virtualServices: readonly VirtualService[];
  destinationRules: readonly DestinationRule[];
  services: readonly Service[];
  endpointSlices: readonly EndpointSlice[];
  pods: readonly Pod[];
  /** Absent: nobody looks into Secrets, and every credential is taken to be there. */
  credentials?: Credentials;
  /** Undefined where the cluster has no Gateway API. */
  gatewayApi?: GatewayApiObjects;
  /** Labels of the gateway's own pod: what a Gateway's selector is held against. */
  gatewayLabels: Readonly<Record<string, string>>;
  gatewayNamespace: string;
  /** Gateway port numbers that a local port is mapped to. */
  openPorts: readonly number[];
  /** For explaining a real cluster: what only the sandbox refuses is served there. */
  serveDespiteProblems?: boolean;
}
