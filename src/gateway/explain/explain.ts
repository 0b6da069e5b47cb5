// Why a request goes where it goes: the gateway's own compiler and matcher, asked for their reasons. Computed from objects
// alone, so it works on a real cluster as well as in the sandbox.

import type { RouteExplanation, RouteRequest } from "../../core/traffic/explanation.ts";
import type { Cluster } from "../../ports/cluster.ts";
import { compileTable } from "../compile/compile.ts";
import { findByHost, mismatch, type RequestView } from "../routing/match.ts";
import { hostWithoutPort } from "../routing/names.ts";
import { parseTarget } from "../routing/target.ts";
import type { World } from "../world.ts";
import { explainAction } from "./explain-action.ts";
import { explainBindings } from "./explain-bindings.ts";
import { explainDoor } from "./explain-door.ts";
import { mismatchText, routeText } from "./explain-text.ts";
import { readWorld } from "./read-world.ts";

/** Reads the objects and explains one request. */
export async function explainRoute(cluster: Cluster, request: RouteRequest): Promise<RouteExplanation> {
  return explain(await readWorld(cluster, request.port ?? 80), request);
}

/** The same from objects at hand. */
export function explain(world: World, request: RouteRequest): RouteExplanation {
  const port = request.port ?? 80;
  const target = parseTarget(request.path === "" ? "/" : request.path);
  if (target === undefined)
    return {
      steps: [{ taken: false, text: `path ${request.path} is refused by Envoy's path normalization` }],
      destinations: [],
      answer: { code: 400, reason: "Bad Request" },
    };
  const { table, gatewayApi } = compileTable(world);
  const steps = explainBindings(world, gatewayApi, port, hostWithoutPort(request.host));
  const door = explainDoor(table, port, hostWithoutPort(request.host), steps);
  if ("destinations" in door) return door;
  const { hosts } = door;
  const view = viewOf(request, door.scheme, target);
  const virtualHost = hosts && findByHost(hosts, hostWithoutPort(request.host));
  if (virtualHost === undefined) {
    steps.push({ taken: false, text: `${nobody(world)} serves host ${request.host} at port ${port}` });
    return { steps, destinations: [], answer: { code: 404, reason: "no route (NR)" } };
  }
  steps.push({
    taken: true,
    text: `host ${hostWithoutPort(request.host)} is served by "${virtualHost.domain}", the most specific of the bound hosts`,
  });
  for (const route of virtualHost.routes) {
    const reason = mismatch(route, view);
    if (reason !== undefined) {
      steps.push({ taken: false, text: `${routeText(route)}: ${mismatchText(reason, view)}` });
      continue;
    }
    const isRedirect = route.action.kind === "https-redirect";
    const text = isRedirect
      ? "tls.httpsRedirect of a Gateway answers for the whole host"
      : `${routeText(route)}: matches`;
    steps.push({ taken: true, text });
    return explainAction(world, table, route, { steps, view });
  }
  return { steps, destinations: [], answer: { code: 404, reason: "no route (NR)" } };
}

function viewOf(
  request: RouteRequest,
  scheme: "http" | "https",
  { path, query }: { path: string; query: string },
): RequestView {
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: request.method,
    authority: request.host,
    scheme,
    path,
    query,
    header: (name) => (headers.has(name) ? [headers.get(name)!] : undefined),
  };
}

function nobody({ gatewayApi }: World): string {
  return gatewayApi === undefined ? "no VirtualService" : "no VirtualService, HTTPRoute or GRPCRoute";
}
