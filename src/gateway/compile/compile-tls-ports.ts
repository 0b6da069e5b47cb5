// The TLS servers of all ports, found by SNI as Envoy finds its filter chains: HTTPS servers by their hosts, passed-through connections by
// the names that VirtualServices' tls routes match.

import { intersection } from "../routing/names.ts";
import type { PassthroughServer, Problem, Split, TlsPort, TlsServer, VirtualHosts } from "../routing/table.ts";
import { indexByHost } from "./by-host.ts";
import { need, type Surroundings } from "./compile-routes.ts";
import type { TlsRouteTemplate } from "./compile-tls-routes.ts";
import type { VirtualServiceTemplate } from "./compile-virtual-service.ts";
import type { ServerTemplate } from "./server-template.ts";

export interface TlsInput {
  servers: readonly ServerTemplate[];
  virtualServices: readonly VirtualServiceTemplate[];
  around: Surroundings;
  hostsOf(server: ServerTemplate): VirtualHosts;
}

export function compileTlsPorts(input: TlsInput): { tls: Map<number, TlsPort>; problems: Problem[] } {
  const problems: Problem[] = [];
  const tls = new Map<number, TlsPort>();
  const secure = input.servers.filter(({ serves }) => serves.kind !== "http");
  for (const [port, here] of Map.groupBy(secure, (server) => server.port))
    tls.set(port, compilePort(here, input, problems));
  return { tls, problems };
}

function compilePort(here: readonly ServerTemplate[], input: TlsInput, problems: Problem[]): TlsPort {
  const bySni = new Map<string, TlsServer>();
  for (const server of here) {
    if (server.serves.kind !== "https") continue;
    const compiled = compileHttps(server, server.serves, input);
    for (const host of sniHosts(server.hosts)) bySni.set(host, compiled);
  }
  const passthroughs = here.flatMap((server) => passthroughsOf(server, input));
  for (const passed of passthroughs) {
    const taken = passed.sniHosts.map((name) => bySni.get(name)).find((other) => other !== undefined);
    if (taken !== undefined) problems.push(isTaken(passed, taken));
    else for (const name of passed.sniHosts) bySni.set(name, passed.server);
  }
  const byKey = new Map([...bySni.values()].map((each) => [each.key, each]));
  return { servers: indexByHost(bySni), byKey };
}

function compileHttps(
  server: ServerTemplate,
  { key, settings }: ServerTemplate["serves"] & { kind: "https" },
  input: TlsInput,
): TlsServer {
  return settings === undefined
    ? { kind: "closed", key }
    : { kind: "terminate", key, settings, hosts: input.hostsOf(server) };
}

/** A star among the hosts stands for all of them. */
function sniHosts(hosts: readonly string[]): readonly string[] {
  return hosts.includes("*") ? ["*"] : hosts;
}

interface Passthrough {
  sniHosts: readonly string[];
  virtualService: VirtualServiceTemplate;
  field: string;
  port: number;
  server: PassthroughServer;
}

/** Every match of a tls route that applies at the server. */
function passthroughsOf(server: ServerTemplate, { virtualServices, around }: TlsInput): Passthrough[] {
  if (server.serves.kind !== "passthrough") return [];
  return virtualServices.flatMap((virtualService) => {
    const { namespace, name, hosts, gateways, tls } = virtualService;
    if (!gateways.includes(server.gateway)) return [];
    if (intersection(server.hostsFor(namespace), hosts).length === 0) return [];
    return tls.flatMap((route) =>
      route.matches.flatMap(({ sniHosts, port = server.port, gateways: only }, i): Passthrough[] => {
        const applies = port === server.port && (only.length === 0 || only.includes(server.gateway));
        if (!applies) return [];
        const field = `spec.tls[${route.position}].match[${i}].sniHosts`;
        const action = splitOf(virtualService, route, server, around);
        const passed: PassthroughServer = { kind: "passthrough", key: `${namespace}/${name} ${field}`, action };
        return [{ sniHosts, virtualService, field, port, server: passed }];
      }),
    );
  });
}

/** Envoy could not tell the two apart; istiod leaves the later one out. */
function isTaken({ virtualService: { namespace, name }, field, port }: Passthrough, by: TlsServer): Problem {
  const message = `${field}: a name in it is served at port ${port} already, by ${by.key}, so this match is left out`;
  return { kind: "VirtualService", namespace, name, field, message, effect: "partly-honoured" };
}

function splitOf(
  { namespace, name }: VirtualServiceTemplate,
  { position, destinations }: TlsRouteTemplate,
  { port }: ServerTemplate,
  around: Surroundings,
): Split {
  const weighted = destinations
    .filter(({ weight }) => weight > 0)
    .map(({ host, subset, port: wanted, weight, headers }) => {
      const clusterKey = need({ host, subset, port: wanted }, port, around);
      return { clusterKey, host, subset, weight, headers };
    });
  const weights = weighted.map(({ clusterKey, weight }) => `${weight}*${clusterKey}`).join(" ");
  return { splitKey: `${namespace}/${name}#tls${position} ${weights}`, destinations: weighted };
}
