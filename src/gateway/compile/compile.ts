// Objects in, route table out, as istiod does it for an ingress gateway (pilot/pkg/networking/core/gateway.go): servers of
// the Gateways that select us, the VirtualServices bound to them, hosts merged, catch-all routes moved to the end. Pure.

import { compileGatewayApi } from "../gateway-api/compile-gateway-api.ts";
import { type ServedGatewayApi, serversOf } from "../gateway-api/servers.ts";
import { intersection } from "../routing/names.ts";
import type { Problem, Route, RouteTable, VirtualHosts } from "../routing/table.ts";
import type { World } from "../world.ts";
import { indexByHost } from "./by-host.ts";
import { isCatchAll } from "./catch-all.ts";
import { type ClusterRef, compileClusters } from "./compile-clusters.ts";
import { assembleRoutes, type Surroundings } from "./compile-routes.ts";
import { compileTlsPorts } from "./compile-tls-ports.ts";
import { compileVirtualService, type VirtualServiceTemplate } from "./compile-virtual-service.ts";
import { withDelegates } from "./delegates.ts";
import { redirectingHost } from "./https-redirect.ts";
import { inOrder } from "./order.ts";
import { indexRoutes } from "./route-index.ts";
import type { ServerTemplate } from "./server-template.ts";
import { ServiceDirectory } from "./service-directory.ts";

export interface Compilation {
  table: RouteTable;
  problems: Problem[];
  /** What its objects' statuses are made of. */
  gatewayApi: ServedGatewayApi;
}

/** VirtualServices that have problems of their own are left out; the caller puts their last good version in their place. */
export function compileTable(world: World): Compilation {
  const services = new ServiceDirectory(world.services);
  const gatewayApi = compileGatewayApi(world, services);
  const { servers, problems, listenerProblems } = serversOf(world, gatewayApi);
  const virtualServices = inOrder(world.virtualServices).map(compileVirtualService);
  for (const each of virtualServices) problems.push(...each.problems);
  const good = virtualServices.filter((each) => each.problems.length === 0 || world.serveDespiteProblems === true);
  const own = withDelegates(good).filter((each) => isExported(each, world.gatewayNamespace));
  for (const each of own) problems.push(...each.notes);
  const served = [...own, ...gatewayApi.virtualServices];
  const needed = new Map<string, ClusterRef>();
  const around = { services, world, needed };
  const ports = new Map<number, VirtualHosts>();
  for (const port of world.openPorts) {
    const here = servers.filter((server) => server.port === port && server.serves.kind === "http");
    ports.set(port, compileHosts(here, served, around));
  }
  const hostsOf = (server: ServerTemplate) => compileHosts([server], served, around);
  const { tls, problems: tlsProblems } = compileTlsPorts({ servers, virtualServices: served, around, hostsOf });
  problems.push(...tlsProblems);
  const clusters = compileClusters(world, services, needed);
  problems.push(...clusters.problems);
  return {
    table: { ports, tls, clusters: clusters.clusters },
    problems,
    gatewayApi: { ...gatewayApi, listenerProblems },
  };
}

function isExported({ namespace, exportTo }: VirtualServiceTemplate, to: string): boolean {
  return (
    exportTo.length === 0 ||
    exportTo.includes("*") ||
    exportTo.includes(to) ||
    (exportTo.includes(".") && namespace === to)
  );
}

function compileHosts(
  servers: readonly ServerTemplate[],
  virtualServices: readonly VirtualServiceTemplate[],
  around: Surroundings,
): VirtualHosts {
  const byHost = new Map<string, Route[]>();
  const redirecting = new Set<string>();
  for (const server of servers) {
    const toHttps = server.serves.kind === "http" && server.serves.redirectsToHttps;
    // These answer even where no VirtualService is.
    if (toHttps) for (const host of server.hosts) redirecting.add(host);
    for (const virtualService of virtualServices) {
      if (!virtualService.gateways.includes(server.gateway)) continue;
      const hosts = intersection(server.hostsFor(virtualService.namespace), virtualService.hosts);
      if (hosts.length === 0) continue;
      const routes = assembleRoutes(virtualService, server, around);
      // One with no route for this server does not claim its hosts either: a less specific host may serve them.
      if (routes.length === 0) continue;
      for (const host of hosts) {
        if (toHttps) redirecting.add(host);
        const own = byHost.get(host);
        if (own === undefined) byHost.set(host, [...routes]);
        else own.push(...routes);
      }
    }
  }
  return toVirtualHosts(byHost, redirecting);
}

function toVirtualHosts(byHost: ReadonlyMap<string, Route[]>, redirecting: ReadonlySet<string>): VirtualHosts {
  const hosts = [...byHost].map(([domain, unordered]) => {
    const routes = catchAllsLast(unordered);
    return [domain, { domain, routes, index: indexRoutes(routes) }] as const;
  });
  return indexByHost([...hosts, ...[...redirecting].map((domain) => [domain, redirectingHost(domain)] as const)]);
}

/** When several VirtualServices share a host, no catch-all of one hides a route of the next. */
function catchAllsLast(routes: readonly Route[]): Route[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}
