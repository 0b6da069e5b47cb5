// Objects in, route table out, as istiod does it for an ingress gateway (pilot/pkg/networking/core/gateway.go): servers of
// the Gateways that select us, the VirtualServices bound to them, hosts merged, catch-all routes moved to the end. Pure.

import { isCatchAll } from "./catch-all.ts";
import { type ClusterRef, compileClusters } from "./compile-clusters.ts";
import { compileGateways, type ServerTemplate } from "./compile-gateways.ts";
import { assembleRoutes } from "./compile-routes.ts";
import { compileVirtualService, type VirtualServiceTemplate } from "./compile-virtual-service.ts";
import { withDelegates } from "./delegates.ts";
import { intersection } from "./names.ts";
import { inOrder } from "./order.ts";
import { indexRoutes } from "./route-index.ts";
import { ServiceDirectory } from "./service-directory.ts";
import type { Problem, Route, RouteTable, VirtualHost, VirtualHosts } from "./table.ts";
import type { World } from "./world.ts";

export interface Compilation {
  table: RouteTable;
  problems: Problem[];
}

/** VirtualServices that have problems of their own are left out; the caller puts their last good version in their place. */
export function compileTable(world: World): Compilation {
  const { servers, problems } = compileGateways(world);
  const services = new ServiceDirectory(world.services);
  const virtualServices = inOrder(world.virtualServices).map(compileVirtualService);
  for (const each of virtualServices) problems.push(...each.problems);
  const good = virtualServices.filter((each) => each.problems.length === 0 || world.serveDespiteProblems === true);
  const served = withDelegates(good).filter((each) => isExported(each, world.gatewayNamespace));
  for (const each of served) problems.push(...each.notes);
  const needed = new Map<string, ClusterRef>();
  const ports = new Map<number, VirtualHosts>();
  for (const port of world.openPorts) {
    const here = servers.filter((server) => server.port === port);
    ports.set(port, compileHosts(here, served, services, world, needed));
  }
  const clusters = compileClusters(world, services, needed);
  problems.push(...clusters.problems);
  return { table: { ports, clusters: clusters.clusters }, problems };
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
  services: ServiceDirectory,
  world: World,
  needed: Map<string, ClusterRef>,
): VirtualHosts {
  const byHost = new Map<string, Route[]>();
  for (const server of servers)
    for (const virtualService of virtualServices) {
      if (!virtualService.gateways.includes(server.gateway)) continue;
      const hosts = intersection(server.hostsFor(virtualService.namespace), virtualService.hosts);
      if (hosts.length === 0) continue;
      const routes = assembleRoutes(virtualService, server, { services, world, needed });
      // One with no route for this server does not claim its hosts either: a less specific host may serve them.
      if (routes.length === 0) continue;
      for (const host of hosts) {
        const own = byHost.get(host);
        if (own === undefined) byHost.set(host, [...routes]);
        else own.push(...routes);
      }
    }
  return toVirtualHosts(byHost);
}

function toVirtualHosts(byHost: ReadonlyMap<string, Route[]>): VirtualHosts {
  const exact = new Map<string, VirtualHost>();
  const suffixes = new Map<string, VirtualHost>();
  for (const [domain, unordered] of byHost) {
    const routes = catchAllsLast(unordered);
    const virtualHost = { domain, routes, index: indexRoutes(routes) };
    if (domain.startsWith("*")) suffixes.set(domain.slice(1), virtualHost);
    else exact.set(domain, virtualHost);
  }
  const lengths = new Set([...suffixes.keys()].map((suffix) => suffix.length));
  lengths.delete(0);
  return { exact, suffixes, suffixLengths: [...lengths].sort((a, b) => b - a) };
}

/** When several VirtualServices share a host, no catch-all of one hides a route of the next. */
function catchAllsLast(routes: readonly Route[]): Route[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}
