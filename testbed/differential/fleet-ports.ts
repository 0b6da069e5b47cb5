// Which ports the fleet's pod has, and what is said over the one for the suite.

import type { UpstreamStep } from "./case.ts";
import { ENDPOINTS, type EndpointPorts, type TestEndpoint } from "./endpoints.ts";

export const CONTROL_PORT = 9_000;
/** Of every endpoint's own pod. */
export const POD_PORTS: EndpointPorts = { main: 8_080, second: 8_082 };

export function fleetPortOf(endpoint: TestEndpoint, which: keyof EndpointPorts): number {
  const number = ENDPOINTS.findIndex(({ name }) => name === endpoint.name);
  return 9_100 + 2 * number + (which === "main" ? 0 : 1);
}

export type FleetRequest = { expect: string; plan: readonly UpstreamStep[] } | { take: string };
