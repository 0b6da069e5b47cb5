// The http routes of one VirtualService at one server: matches that belong elsewhere are dropped, destinations get clusters.

import type {
  HeaderEdits,
  Mirror,
  Redirect,
  Route,
  RouteAction,
  RouteOrigin,
  WeightedDestination,
} from "../routing/table.ts";
import type { World } from "../world.ts";
import { isCatchAll } from "./catch-all.ts";
import type { ActionTemplate, DestinationTemplate } from "./compile-action.ts";
import { type ClusterRef, clusterKey } from "./compile-clusters.ts";
import { joinEdits, NO_EDITS } from "./compile-headers.ts";
import type { MatchTemplate } from "./compile-match.ts";
import type { MirrorTemplate } from "./compile-mirrors.ts";
import type { HttpTemplate, VirtualServiceTemplate } from "./compile-virtual-service.ts";
import type { ServerTemplate } from "./server-template.ts";
import type { ServiceDirectory } from "./service-directory.ts";

export interface Surroundings {
  services: ServiceDirectory;
  world: World;
  /** Collects every cluster that a route names. */
  needed: Map<string, ClusterRef>;
}

export function assembleRoutes(
  virtualService: VirtualServiceTemplate,
  server: ServerTemplate,
  around: Surroundings,
): Route[] {
  const routes: Route[] = [];
  const { namespace, name } = virtualService;
  for (const [place, template] of virtualService.http.entries()) {
    const here = matchesHere(template, server, around.world);
    if (here.length === 0) continue;
    const position = template.origin === undefined ? place : template.position;
    const { action, headers } = assembleAction(virtualService, position, template, server, around);
    for (const { match, index } of here) {
      const route: Route = {
        source: template.origin
          ? { ...template.origin, http: template.position, delegate: undefined }
          : { namespace, name, http: template.position, delegate: template.delegate, match: index },
        name: match?.name ? `${template.name}.${match.name}` : template.name,
        path: match?.path ?? { kind: "any" },
        conditions: match?.conditions ?? [],
        action,
        headers,
      };
      routes.push(route);
      // Nothing behind a route that matches everything can be reached; istiod leaves it out.
      if (isCatchAll(route)) return routes;
    }
  }
  return routes;
}

function matchesHere(
  { matches }: HttpTemplate,
  server: ServerTemplate,
  world: World,
): { match: MatchTemplate | undefined; index: number | undefined }[] {
  if (matches.length === 0) return [{ match: undefined, index: undefined }];
  return matches.flatMap((match, index) =>
    placeMismatch(match, server, world) === undefined ? [{ match, index }] : [],
  );
}

/** Why a match does not apply at this server whatever the request is; undefined when it does. */
export function placeMismatch({ place }: MatchTemplate, server: ServerTemplate, world: World): string | undefined {
  if (place.port !== undefined && place.port !== server.port) return `port is ${server.port}, not ${place.port}`;
  // A gateway list replaces the source conditions, as in istiod's sourceMatchHTTP.
  if (place.gateways !== undefined)
    return place.gateways.includes(server.gateway)
      ? undefined
      : `it is for ${place.gateways.join(", ")}, not for ${server.gateway}`;
  for (const [key, value] of Object.entries(place.sourceLabels ?? {}))
    if (world.gatewayLabels[key] !== value) return `the gateway's pod has no label ${key}=${value}`;
  if (place.sourceNamespace && place.sourceNamespace !== world.gatewayNamespace)
    return `the source namespace is ${world.gatewayNamespace}, not ${place.sourceNamespace}`;
  return undefined;
}

function assembleAction(
  virtualService: VirtualServiceTemplate,
  http: number,
  template: HttpTemplate,
  server: ServerTemplate,
  around: Surroundings,
): { action: RouteAction; headers: HeaderEdits } {
  const { action, headers } = template;
  if (action.kind === "direct") return { action, headers };
  if (action.kind === "redirect")
    return { action: { kind: "redirect", redirect: redirectAt(action.redirect, server) }, headers };
  const only = action.destinations.length === 1 ? action.destinations[0] : undefined;
  const destinations = action.destinations
    .filter(({ weight }) => weight > 0)
    .map((destination) => assembleDestination(destination, only !== undefined, server.port, around));
  return {
    // A single destination's headers come after the route's own, several ones' before: istiod's processDestination.
    headers: only === undefined ? headers : joinEdits(headers, only.headers),
    action: {
      kind: "forward",
      splitKey: splitKey(virtualService, http, template.origin, destinations),
      destinations,
      timeoutMs: action.timeoutMs,
      retry: action.retry,
      rewrite: action.rewrite,
      filters: action.filters,
      mirrors:
        action.mirrors.length === 0
          ? undefined
          : action.mirrors.map((each) => assembleMirror(each, server.port, around)),
      missingClusterStatus: action.missingClusterStatus,
    },
  };
}

function assembleDestination(
  { weight, headers, ...destination }: DestinationTemplate,
  single: boolean,
  listenerPort: number,
  around: Surroundings,
): WeightedDestination {
  const { host, subset } = destination;
  const key = need(destination, listenerPort, around);
  return { clusterKey: key, host, subset, weight, headers: single ? NO_EDITS : headers };
}

function assembleMirror(mirror: MirrorTemplate, listenerPort: number, around: Surroundings): Mirror {
  const { host, subset, perMillion } = mirror;
  return { clusterKey: need(mirror, listenerPort, around), host, subset, perMillion };
}

/** The cluster's key; it will be made. */
export function need(
  { host, subset, port }: Pick<DestinationTemplate, "host" | "subset" | "port">,
  listenerPort: number,
  { services, needed }: Surroundings,
): string {
  const ref = { host, subset, port: services.portFor(host, port, listenerPort) };
  const key = clusterKey(ref);
  needed.set(key, ref);
  return key;
}

/** Of Gateway API's routes, in one host's VirtualService, the object and the rule; listeners and hosts share it. */
function splitKey(
  { namespace, name }: VirtualServiceTemplate,
  http: number,
  origin: RouteOrigin | undefined,
  destinations: WeightedDestination[],
): string {
  const place = origin === undefined ? `${namespace}/${name}` : `${origin.kind} ${origin.namespace}/${origin.name}`;
  return `${place}#${http} ${destinations.map(({ clusterKey, weight }) => `${weight}*${clusterKey}`).join(" ")}`;
}

type RedirectTemplate = Extract<ActionTemplate, { kind: "redirect" }>["redirect"];

/** The request's port is known here, since routes are made for a server; default ports are not spelled out. */
function redirectAt({ port, derivePort, ...rest }: RedirectTemplate, server: ServerTemplate): Redirect {
  const wanted = derivePort === "FROM_REQUEST_PORT" ? server.port : port || undefined;
  const scheme = rest.scheme || (server.serves.kind === "https" ? "https" : "http");
  const isDefault = wanted === (scheme === "https" ? 443 : 80);
  return { ...rest, port: isDefault ? undefined : wanted };
}
