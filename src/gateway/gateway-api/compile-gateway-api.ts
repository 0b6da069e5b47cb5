// All Gateway API objects of a world, in the words of Istio's: Gateways for the listeners, VirtualServices for the routes. Pure; what
// was found on the way is kept for the status of the objects.

import type { VirtualServiceTemplate } from "../compile/compile-virtual-service.ts";
import { inOrder } from "../compile/order.ts";
import type { ServiceDirectory } from "../compile/service-directory.ts";
import type { IstioGateway } from "../objects.ts";
import type { World } from "../world.ts";
import { assign } from "./gateway-services.ts";
import { asIstioGateways, type CompiledGateway, compileListeners, isOurs } from "./listeners.ts";
import { type CompiledRoute, compileRoute, mergeRoutes } from "./translate.ts";

export interface GatewayApiCompilation {
  gateways: CompiledGateway[];
  routes: CompiledRoute[];
  istioGateways: IstioGateway[];
  virtualServices: VirtualServiceTemplate[];
}

const NOTHING: GatewayApiCompilation = { gateways: [], routes: [], istioGateways: [], virtualServices: [] };

export function compileGatewayApi(world: World, services: ServiceDirectory): GatewayApiCompilation {
  const { gatewayApi } = world;
  if (gatewayApi === undefined) return NOTHING;
  const gateways = inOrder(gatewayApi.gateways)
    .filter((each) => isOurs(each, gatewayApi.classes))
    .map((each) => compileListeners(each, gatewayApi, world.credentials, assign(each)));
  const byName = new Map(gateways.map((each) => [keyOf(each), each]));
  const backends = { services, grants: gatewayApi.grants };
  const objects = [...gatewayApi.httpRoutes, ...gatewayApi.grpcRoutes];
  const routes = objects.map((each) => compileRoute(each, byName, backends));
  return {
    gateways,
    routes,
    istioGateways: gateways.flatMap((each) => asIstioGateways(each, world.openPorts)),
    virtualServices: mergeRoutes(routes),
  };
}

function keyOf({ object }: CompiledGateway): string {
  return `${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
}
