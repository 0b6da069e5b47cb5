// The servers of all Gateways that select this gateway's pod. https://istio.io/latest/docs/reference/config/networking/gateway/

import { isListener } from "../gateway-api/internal-name.ts";
import type { GatewayServer, IstioGateway } from "../objects.ts";
import type { Problem } from "../routing/table.ts";
import type { World } from "../world.ts";
import { speechOf } from "./check-server-tls.ts";
import { compileServerTls } from "./compile-server-tls.ts";
import { unsupportedFields } from "./fields.ts";
import type { ComplainAbout } from "./find-credential.ts";
import { inOrder } from "./order.ts";
import { PortClaims } from "./port-claims.ts";
import type { ServerTemplate, Serving } from "./server-template.ts";

export function compileGateways(world: World): { servers: ServerTemplate[]; problems: Problem[] } {
  const servers: ServerTemplate[] = [];
  const problems: Problem[] = [];
  const claims = new PortClaims();
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
      if (template !== undefined && claims.claim(template, `spec.servers[${i}]`, complain)) servers.push(template);
    });
    if ((gateway.spec.servers ?? []).length === 0)
      complain("spec.servers", "spec.servers is empty: add one with a port and hosts");
  }
  return { servers, problems };
}

function complainAbout(gateway: IstioGateway, problems: Problem[]): ComplainAbout {
  const { name, namespace = "default" } = gateway.metadata;
  return (field, message, effect = "refused") =>
    void problems.push({ kind: "Gateway", namespace, name, field, message, effect });
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
  complain: ComplainAbout,
): ServerTemplate | undefined {
  const { namespace = "default" } = gateway.metadata;
  const unsupported = unsupportedFields("Gateway", { servers: [server] });
  for (const problem of unsupported)
    complain(problem.field.replace("spec.servers[0]", field), problem.message.replace("spec.servers[0]", field));
  if (unsupported.length > 0) return undefined;
  const number = server.port?.number;
  if (number === undefined || !world.openPorts.includes(number)) {
    complain(
      `${field}.port.number`,
      `${field}.port.number: ${number} is not open in the sandbox; open are ${world.openPorts.join(", ")}${number === 443 ? TAKEN_443 : ""}`,
    );
    return undefined;
  }
  const hosts = server.hosts ?? [];
  if (hosts.length === 0) complain(`${field}.hosts`, `${field}.hosts is empty: name the hosts, or "*" for any`);
  const serves = compileServing(gateway, server, field, world, complain);
  if (serves === undefined) return undefined;
  return {
    gateway: gatewayKey(gateway),
    port: number,
    hosts: hosts.map((entry) => splitHost(entry)[1]),
    hostsFor: (from) => hostsForNamespace(hosts, namespace, from),
    serves,
  };
}

function compileServing(
  gateway: IstioGateway,
  server: GatewayServer,
  field: string,
  world: World,
  complain: ComplainAbout,
): Serving | undefined {
  const speech = speechOf(server, field, complain);
  if (speech === "http") return { kind: "http", redirectsToHttps: server.tls?.httpsRedirect === true };
  if (speech !== "https") return speech && { kind: speech };
  const { name, namespace = "default" } = gateway.metadata;
  const { number, name: portName = "" } = server.port!;
  const settings = compileServerTls(server.tls!, `${field}.tls`, world, complain, isListener(name));
  return { kind: "https", key: `https.${number}.${portName}.${name}.${namespace}`, settings };
}

const TAKEN_443 = " (another program had local port 8443 at the start: serin up --tls-port NUMBER takes another one)";

function gatewayKey({ metadata: { name, namespace = "default" } }: IstioGateway): string {
  return `${namespace}/${name}`;
}

// `ns/host` is for VirtualServices of that namespace, `./host` for the Gateway's own; a star or no namespace means all.
function hostsForNamespace(hosts: readonly string[], own: string, from: string): string[] {
  return hosts.flatMap((entry) => {
    const [scope, host] = splitHost(entry);
    const allowed = scope === "*" || scope === from || (scope === "." && own === from);
    return allowed ? [host] : [];
  });
}

function splitHost(entry: string): [scope: string, host: string] {
  const [scope, host] = entry.includes("/") ? (entry.split("/", 2) as [string, string]) : ["*", entry];
  return [scope, host.toLowerCase()];
}
