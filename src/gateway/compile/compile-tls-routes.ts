// A VirtualService's `tls` routes: connections that are passed through by the name that the client asks for.
// https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSRoute

import type { TlsRoute, VirtualService } from "../objects.ts";
import { gatewayName, isSubsetOf } from "../routing/names.ts";
import { compileDestinations, type DestinationTemplate } from "./compile-action.ts";
import type { Complain } from "./compile-match.ts";

export interface TlsRouteTemplate {
  /** In spec.tls. */
  position: number;
  matches: TlsMatchTemplate[];
  destinations: DestinationTemplate[];
}

interface TlsMatchTemplate {
  /** Lower case. */
  sniHosts: string[];
  port: number | undefined;
  /** `ns/name`; empty: any. */
  gateways: string[];
}

export function compileTlsRoutes({ spec, metadata }: VirtualService, complain: Complain): TlsRouteTemplate[] {
  const { namespace = "default" } = metadata;
  return (spec?.tls ?? []).map((route, position) => {
    const field = `spec.tls[${position}]`;
    const destinations = compileDestinations(route.route ?? [], `${field}.route`, namespace, complain);
    return {
      position,
      matches: compileMatches(route, field, { hosts: spec.hosts ?? [], namespace, complain }),
      destinations,
    };
  });
}

/** At gateways istiod looks at names, port and gateways only. */
function compileMatches(
  { match = [] }: TlsRoute,
  field: string,
  { hosts, namespace, complain }: { hosts: readonly string[]; namespace: string; complain: Complain },
): TlsMatchTemplate[] {
  if (match.length === 0)
    complain(`${field}.match`, `${field}.match is empty: name the sniHosts that are passed through`);
  return match.map(({ sniHosts = [], port, gateways = [] }, i) => {
    const at = `${field}.match[${i}].sniHosts`;
    const names = sniHosts.map((name) => name.toLowerCase());
    if (names.length === 0) complain(at, `${at} is empty: name the hosts that are passed through`);
    const foreign = names.filter((name) => !hosts.some((host) => isSubsetOf(name, host.toLowerCase())));
    if (foreign.length > 0) complain(at, `${at}: ${foreign.join(", ")} is not among spec.hosts (${hosts.join(", ")})`);
    return { sniHosts: names, port, gateways: gateways.map((reference) => gatewayName(reference, namespace)) };
  });
}
