// The TLS servers of all ports, found by SNI as Envoy finds its filter chains.

import { indexByHost } from "./by-host.ts";
import type { ServerTemplate } from "./server-template.ts";
import type { TlsPort, TlsServer, VirtualHosts } from "./table.ts";

type HttpsServer = ServerTemplate & { serves: { kind: "https" } };

export function compileTlsPorts(
  servers: readonly ServerTemplate[],
  hostsOf: (server: ServerTemplate) => VirtualHosts,
): Map<number, TlsPort> {
  const ports = new Map<number, TlsPort>();
  for (const [port, here] of Map.groupBy(servers.filter(isHttps), (server) => server.port)) {
    const byKey = new Map<string, TlsServer>();
    const bySni: [string, TlsServer][] = [];
    for (const server of here) {
      const compiled = compileHttps(server, hostsOf);
      byKey.set(compiled.key, compiled);
      for (const host of sniHosts(server.hosts)) bySni.push([host, compiled]);
    }
    ports.set(port, { servers: indexByHost(bySni), byKey });
  }
  return ports;
}

function isHttps(server: ServerTemplate): server is HttpsServer {
  return server.serves.kind === "https";
}

function compileHttps(server: HttpsServer, hostsOf: (server: ServerTemplate) => VirtualHosts): TlsServer {
  const { key, settings } = server.serves;
  return settings === undefined
    ? { kind: "closed", key }
    : { kind: "terminate", key, settings, hosts: hostsOf(server) };
}

/** A star among the hosts stands for all of them. */
function sniHosts(hosts: readonly string[]): readonly string[] {
  return hosts.includes("*") ? ["*"] : hosts;
}
