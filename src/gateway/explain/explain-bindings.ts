// First half of an explanation: which Gateways and VirtualServices concern this host and port at all, and why others do not.

import type { ExplanationStep } from "../../core/traffic/explanation.ts";
import { compileGateways } from "../compile/compile-gateways.ts";
import { placeMismatch } from "../compile/compile-routes.ts";
import { compileVirtualService, type VirtualServiceTemplate } from "../compile/compile-virtual-service.ts";
import { withDelegates } from "../compile/delegates.ts";
import { inOrder } from "../compile/order.ts";
import type { ServerTemplate } from "../compile/server-template.ts";
import { explainGatewayApi, hasListenerAt } from "../gateway-api/explain.ts";
import type { ServedGatewayApi } from "../gateway-api/servers.ts";
import { intersection, isSubsetOf } from "../routing/names.ts";
import type { World } from "../world.ts";
import { routeText } from "./explain-text.ts";

export function explainBindings(
  world: World,
  gatewayApi: ServedGatewayApi,
  port: number,
  host: string,
): ExplanationStep[] {
  const ofGatewayApi = explainGatewayApi(world.gatewayApi, gatewayApi, port, host);
  const { servers, problems } = compileGateways(world);
  const refused = problems.map(({ namespace, name, message }) => ({
    taken: false,
    text: `Gateway ${namespace}/${name}: ${message}`,
  }));
  const gateways = servers.map((server) => ({
    taken: server.port === port,
    text: `Gateway ${server.gateway} ${server.port === port ? "has a server at" : `is at port ${server.port}, not`} ${port}`,
  }));
  const here = servers.filter((server) => server.port === port);
  if (here.length === 0 && !hasListenerAt(gatewayApi, port))
    gateways.push({ taken: false, text: `no Gateway has a server at port ${port}` });
  const virtualServices = inOrder(world.virtualServices).map(compileVirtualService);
  const isGood = ({ problems }: VirtualServiceTemplate) => problems.length === 0 || world.serveDespiteProblems === true;
  const merged = withDelegates(virtualServices.filter(isGood));
  const all = [...virtualServices.filter((each) => !isGood(each)), ...merged];
  const istio = all.flatMap((each) => explainBinding(each, here, host, world));
  return [...refused, ...gateways, ...ofGatewayApi.gateways, ...istio, ...ofGatewayApi.routes];
}

function explainBinding(
  virtualService: VirtualServiceTemplate,
  servers: readonly ServerTemplate[],
  host: string,
  world: World,
): ExplanationStep[] {
  const { namespace, name, hosts, gateways, problems } = virtualService;
  const title = `VirtualService ${namespace}/${name}`;
  const effect = world.serveDespiteProblems
    ? " (left out of this explanation)"
    : " (refused; a last good version stays in force)";
  const notes = [
    ...problems.map(({ message }) => `${message}${effect}`),
    ...virtualService.notes.map(({ message }) => message),
  ].map((text) => ({ taken: false, text: `${title}: ${text}` }));
  if (problems.length > 0 && !world.serveDespiteProblems) return notes;
  const bound = servers.filter(({ gateway }) => gateways.includes(gateway));
  if (bound.length === 0)
    return [
      ...notes,
      {
        taken: false,
        text: `${title} is bound to ${gateways.join(", ") || "no gateway"}, not to a Gateway of this port`,
      },
    ];
  const own = hosts.filter((pattern) => isSubsetOf(host, pattern));
  if (own.length === 0)
    return [...notes, { taken: false, text: `${title} is for ${hosts.join(", ")}, not for ${host}` }];
  const allowed = bound.filter((server) =>
    intersection(server.hostsFor(namespace), own).some((each) => isSubsetOf(host, each)),
  );
  if (allowed.length === 0)
    return [
      ...notes,
      {
        taken: false,
        text: `${title} is for ${own.join(", ")}, which ${bound.map(({ gateway }) => gateway).join(", ")} does not allow it`,
      },
    ];
  return [
    ...notes,
    { taken: true, text: `${title} is bound to ${allowed[0]!.gateway} for ${own.join(", ")}` },
    ...elsewhere(virtualService, allowed[0]!, world),
  ];
}

/** Matches that are for another gateway, port or source. */
function elsewhere(virtualService: VirtualServiceTemplate, server: ServerTemplate, world: World): ExplanationStep[] {
  return virtualService.http.flatMap(({ matches, name, position, delegate }) =>
    matches.flatMap((match, index) => {
      const reason = placeMismatch(match, server, world);
      if (reason === undefined) return [];
      const { namespace, name: object } = virtualService;
      const source = { namespace, name: object, http: position, delegate, match: index };
      return [{ taken: false, text: `${routeText({ source, name })} does not apply here: ${reason}` }];
    }),
  );
}
