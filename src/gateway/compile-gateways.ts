// The servers of all Gateways that select this gateway's pod. https://istio.io/latest/docs/reference/config/networking/gateway/

import { unsupportedFields } from "./fields.ts";
import type { GatewayServer, IstioGateway } from "./objects.ts";
import { inOrder } from "./order.ts";
import type { Problem } from "./table.ts";
import type { World } from "./world.ts";

export interface ServerTemplate {
  /** `ns/name` of its Gateway. */
  gateway: string;
  port: number;
  /** Hosts that VirtualServices of that namespace may bind. */
  hostsFor(namespace: string): string[];
}

export function compileGateways(world: World): { servers: ServerTemplate[]; problems: Problem[] } {
  const servers: ServerTemplate[] = [];
  const problems: Problem[] = [];
  for (const gateway of inOrder(world.gateways)) {
    const complain = complainAbout(gateway, problems);
    const { selector } = gateway.spec ?? {};
    if (!selects(selector, world.gatewayLabels)) {
      complain(
        "spec.selector",
        `spec.selector ${JSON.stringify(selector)} matches no gateway: the sandbox has one, with labels ${JSON.stringify(world.gatewayLabels)}`,
      );
      continue;
    }
    (gateway.spec.servers ?? []).forEach((server, i) => {
      const template = compileServer(gateway, server, `spec.servers[${i}]`, world, complain);
      if (template !== undefined) servers.push(template);
    });
    if ((gateway.spec.servers ?? []).length === 0)
      complain("spec.servers", "spec.servers is empty: add one with a port and hosts");
  }
  return { servers, problems };
}

type Complain = (field: string, message: string) => void;

function complainAbout(gateway: IstioGateway, problems: Problem[]): Complain {
  const { name, namespace = "default" } = gateway.metadata;
  return (field, message) =>
    void problems.push({ kind: "Gateway", namespace, name, field, message, effect: "refused" });
}

/** A Gateway without a selector applies to every gateway. */
function selects(selector: Record<string, string> | undefined, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

/** A server that is not fully understood is not opened at all: half a TLS server would be plain text. */
function compileServer(
  gateway: IstioGateway,
  server: GatewayServer,
  field: string,
  world: World,
  complain: Complain,
): ServerTemplate | undefined {
  const { name, namespace = "default" } = gateway.metadata;
  const unsupported = unsupportedFields("Gateway", { servers: [server] });
  for (const problem of unsupported)
    complain(problem.field.replace("spec.servers[0]", field), problem.message.replace("spec.servers[0]", field));
  if (unsupported.length > 0) return undefined;
  const number = server.port?.number;
  if (number === undefined || !world.openPorts.includes(number)) {
    complain(
      `${field}.port.number`,
      `${field}.port.number: ${number} is not open in the sandbox; open are ${world.openPorts.join(", ")}`,
    );
    return undefined;
  }
  const hosts = server.hosts ?? [];
  if (hosts.length === 0) complain(`${field}.hosts`, `${field}.hosts is empty: name the hosts, or "*" for any`);
  return {
    gateway: `${namespace}/${name}`,
    port: number,
    hostsFor: (from) => hostsForNamespace(hosts, namespace, from),
  };
}

// `ns/host` is for VirtualServices of that namespace, `./host` for the Gateway's own; a star or no namespace means all.
function hostsForNamespace(hosts: readonly string[], own: string, from: string): string[] {
  return hosts.flatMap((entry) => {
    const [scope, host] = entry.includes("/") ? (entry.split("/", 2) as [string, string]) : ["*", entry];
    const allowed = scope === "*" || scope === from || (scope === "." && own === from);
    return allowed ? [host.toLowerCase()] : [];
  });
}
