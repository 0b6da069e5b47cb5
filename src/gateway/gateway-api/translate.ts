// Routes of Gateway API as VirtualServices: one for each listener and host, with the rules of all objects that are bound there, the
// most specific first. istiod 1.31, route_collections.go (HTTPRouteCollection, mergeHTTPRoutes).

import { isDeepStrictEqual } from "node:util";
import type { HttpTemplate, VirtualServiceTemplate } from "../compile/compile-virtual-service.ts";
import type { HttpRoute, VirtualService } from "../objects.ts";
import type { Backends } from "./destinations.ts";
import { asHttpTemplate } from "./http-template.ts";
import type { CompiledGateway } from "./listeners.ts";
import { mostSpecificFirst } from "./matches.ts";
import type { Finding, RouteObject } from "./objects.ts";
import { type Binding, bindRoute, isIsolatedHere } from "./parents.ts";
import { type ConvertedRoute, convertRules } from "./rules.ts";

export interface CompiledRoute {
  object: RouteObject;
  bindings: Binding[];
  /** For ResolvedRefs. */
  finding: Finding | undefined;
  /** What only the sandbox stumbles over: nothing of the object is served. */
  refusal: string | undefined;
  rules: CompiledRule[];
}

interface CompiledRule {
  /** What it is ordered by. */
  route: HttpRoute;
  template: HttpTemplate;
}

export function compileRoute(
  object: RouteObject,
  gateways: ReadonlyMap<string, CompiledGateway>,
  backends: Backends,
): CompiledRoute {
  const bindings = bindRoute(object, gateways);
  const { routes = [], finding } = convertRules(object, backends);
  return { object, bindings, finding, ...compileRules(object, routes) };
}

interface CompiledRules extends Pick<CompiledRoute, "refusal" | "rules"> {
  routes: ConvertedRoute[];
}

const compiled = new WeakMap<RouteObject, CompiledRules>();

/** Remembered by object, as long as its backends and grants make the same of it. */
function compileRules(object: RouteObject, routes: ConvertedRoute[]): CompiledRules {
  const known = compiled.get(object);
  if (known !== undefined && isDeepStrictEqual(known.routes, routes)) return known;
  const problems: string[] = [];
  const rules = routes.map((each) => ({ route: each.route, template: asHttpTemplate(each, object, problems) }));
  const refusal = problems.length === 0 ? undefined : [...new Set(problems)].join("; ");
  const fresh = { routes, refusal, rules: refusal === undefined ? rules : [] };
  compiled.set(object, fresh);
  return fresh;
}

/** By istiod's keys, oldest object first in each; ready for the hosts of a port to be put together. */
export function mergeRoutes(routes: readonly CompiledRoute[]): VirtualServiceTemplate[] {
  const byKey = new Map<string, { gateway: string; host: string; parts: CompiledRoute[] }>();
  for (const route of [...routes].sort(byAge)) {
    if (route.rules.length === 0) continue;
    for (const { gateway, host } of placesOf(route)) {
      const key = `${gateway}/${host}`;
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, { gateway, host, parts: [route] });
      else known.parts.push(route);
    }
  }
  const merged = [...byKey].map(([key, { gateway, host, parts }]) => {
    const { metadata } = parts[0]!.object;
    return {
      age: `${metadata.creationTimestamp ?? ""}\0${key.replaceAll("/", "~")}`,
      template: asVirtualService(gateway, host, parts),
    };
  });
  return merged.sort((a, b) => (a.age < b.age ? -1 : 1)).map(({ template }) => template);
}

function placesOf({ object, bindings }: CompiledRoute): { gateway: string; host: string }[] {
  const hosts = object.spec.hostnames?.length ? object.spec.hostnames : ["*"];
  const places = new Map<string, { gateway: string; host: string }>();
  for (const binding of bindings) {
    if (binding.denied !== undefined || binding.parent === undefined) continue;
    const gateway = binding.parent.internalName;
    for (const host of hosts)
      if (isIsolatedHere(host, binding)) places.set(`${gateway}/${host}`, { gateway, host: host.toLowerCase() });
  }
  return [...places.values()];
}

function asVirtualService(gateway: string, host: string, parts: readonly CompiledRoute[]): VirtualServiceTemplate {
  const { name, namespace = "default", creationTimestamp } = parts[0]!.object.metadata;
  const http = mostSpecificFirst(parts.flatMap(({ rules }) => rules)).map(({ template }) => template);
  const object: VirtualService = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace, creationTimestamp },
    spec: {},
  };
  return {
    object,
    namespace,
    name,
    hosts: [host],
    gateways: [gateway],
    exportTo: [],
    http,
    tls: [],
    isDelegate: false,
    delegating: [],
    problems: [],
    notes: [],
  };
}

/** istiod's sortRoutesByCreationTime. */
function byAge({ object: a }: CompiledRoute, { object: b }: CompiledRoute): number {
  const key = ({ metadata, kind }: RouteObject) =>
    [metadata.creationTimestamp ?? "", metadata.namespace ?? "", metadata.name, kind].join("\0");
  return key(a) < key(b) ? -1 : 1;
}
