// Rules of HTTPRoutes and GRPCRoutes in the words of a VirtualService's http list: each match becomes a route of its own, since the
// routes of all objects on a host are ordered by their matches. istiod 1.31, conversion.go (convertHTTPRoute, convertGRPCRoute).

import type { HeaderOperations, HttpRoute, RouteDestination } from "../objects.ts";
import { type Backends, type RouteOrigin, resolveBackend } from "./destinations.ts";
import { corsOf, headerOperations, mirrorShare, redirectOf, rewriteOf } from "./filters.ts";
import { grpcMatch, httpMatch } from "./matches.ts";
import type {
  BackendRef,
  Finding,
  GrpcRule,
  GrpcRuleMatch,
  HttpRule,
  HttpRuleMatch,
  MirrorFilter,
  RouteFilter,
  RouteObject,
} from "./objects.ts";

export interface ConvertedRoute {
  route: HttpRoute;
  /** Position in spec.rules. */
  rule: number;
  /** Position in the rule's matches. */
  match: number | undefined;
}

export interface Conversion {
  /** Undefined: nothing of the object is served. */
  routes: ConvertedRoute[] | undefined;
  /** For ResolvedRefs. */
  finding: Finding | undefined;
}

/** A rule that makes no sense: it takes the whole object out of service. */
class Refusal extends Error {
  readonly finding: Finding;

  constructor(reason: string, message: string) {
    super(message);
    this.finding = { reason, message };
  }
}

export function convertRules(object: RouteObject, backends: Backends): Conversion {
  const { namespace = "default" } = object.metadata;
  const from: RouteOrigin = { kind: object.kind === "GRPCRoute" ? "GRPCRoute" : "HTTPRoute", namespace };
  let finding: Finding | undefined;
  try {
    const routes = (object.spec.rules ?? []).flatMap((rule, i): ConvertedRoute[] => {
      const converted = convertRule(rule, from, backends);
      finding = converted.finding ?? finding;
      const name = rule.name ?? `${namespace}.${object.metadata.name}.${i}`;
      return splitMatches(rule, from.kind).map(({ match, index }) => ({
        route: { name, ...(match === undefined ? {} : { match: [match] }), ...converted.route },
        rule: i,
        match: index,
      }));
    });
    return { routes, finding };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { routes: undefined, finding: error.finding };
  }
}

function splitMatches(rule: HttpRule | GrpcRule, kind: RouteOrigin["kind"]) {
  const matches = rule.matches ?? [];
  if (matches.length === 0) return [{ match: undefined, index: undefined }];
  return matches.map((each, index) => {
    const match = kind === "GRPCRoute" ? grpcMatch(each as GrpcRuleMatch) : httpMatch(each as HttpRuleMatch);
    if (match === undefined)
      throw new Refusal("InvalidConfiguration", "gRPC match must have method or service defined");
    return { match, index };
  });
}

interface ConvertedRule {
  route: Omit<HttpRoute, "name" | "match">;
  finding: Finding | undefined;
}

function convertRule(rule: HttpRule | GrpcRule, from: RouteOrigin, backends: Backends): ConvertedRule {
  const { route, finding: mirrorFinding } = convertFilters(rule.filters ?? [], from, backends);
  if ("timeouts" in rule || "retry" in rule) Object.assign(route, timesOf(rule));
  if (route.redirect !== undefined) return { route, finding: mirrorFinding };
  const refs = (rule.backendRefs ?? []).filter(({ weight = 1 }) => weight > 0);
  if (refs.length === 0) return { route: { ...route, directResponse: { status: 500 } }, finding: mirrorFinding };
  let finding: Finding | undefined;
  const destinations = refs.map((ref): RouteDestination => {
    const resolved = resolveBackend(ref, from, backends);
    if (resolved.destination === undefined) throw new Refusal(resolved.finding.reason, resolved.finding.message);
    finding = resolved.finding ?? finding;
    return { destination: resolved.destination, weight: ref.weight ?? 1, ...backendHeaders(ref) };
  });
  return { route: { ...route, route: destinations }, finding: joined(finding, mirrorFinding) };
}

function joined(first: Finding | undefined, second: Finding | undefined): Finding | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return { reason: first.reason, message: `${first.message}; ${second.message}` };
}

function convertFilters(filters: readonly RouteFilter[], from: RouteOrigin, backends: Backends): ConvertedRule {
  let route: ConvertedRule["route"] = {};
  let finding: Finding | undefined;
  for (const filter of filters) {
    if (filter.type === "RequestMirror") {
      const mirror = convertMirror(filter.requestMirror!, from, backends);
      finding = mirror.finding ?? finding;
      route = { ...route, mirrors: [...(route.mirrors ?? []), ...mirror.mirrors] };
    } else route = { ...route, ...convertFilter(filter, from, route.headers) };
  }
  return { route, finding };
}

/** One that leads nowhere takes a GRPCRoute out of service; an HTTPRoute only loses the mirror. */
function convertMirror(filter: MirrorFilter, from: RouteOrigin, backends: Backends) {
  const { destination, finding } = resolveBackend(filter.backendRef, from, backends);
  if (finding === undefined) return { mirrors: [{ destination, percentage: mirrorShare(filter) }], finding };
  if (from.kind === "GRPCRoute") throw new Refusal(finding.reason, finding.message);
  return { mirrors: [], finding };
}

function convertFilter(
  filter: RouteFilter,
  { kind }: RouteOrigin,
  headers: HttpRoute["headers"],
): ConvertedRule["route"] {
  if (HEADER_MODIFIER.test(filter.type)) return { headers: { ...headers, ...headersOf(filter) } };
  if (kind === "HTTPRoute") {
    if (filter.type === "RequestRedirect") return { redirect: redirectOf(filter.requestRedirect ?? {}) };
    if (filter.type === "URLRewrite") return { rewrite: rewriteOf(filter.urlRewrite ?? {}) };
    if (filter.type === "CORS") return { corsPolicy: corsOf(filter.cors ?? {}) };
  }
  throw unsupportedFilter(filter);
}

const HEADER_MODIFIER = /^(Request|Response)HeaderModifier$/;

function unsupportedFilter({ type }: RouteFilter): Refusal {
  return new Refusal("InvalidFilter", `unsupported filter type ${JSON.stringify(type)}`);
}

function headersOf(filter: RouteFilter): { request: HeaderOperations } | { response: HeaderOperations } {
  const isRequest = filter.type === "RequestHeaderModifier";
  const operations = headerOperations((isRequest ? filter.requestHeaderModifier : filter.responseHeaderModifier) ?? {});
  if ("reason" in operations) throw new Refusal(operations.reason, operations.message);
  return isRequest ? { request: operations } : { response: operations };
}

function backendHeaders({ filters = [] }: BackendRef): Pick<RouteDestination, "headers"> {
  let headers: RouteDestination["headers"];
  for (const filter of filters) {
    if (!HEADER_MODIFIER.test(filter.type)) throw unsupportedFilter(filter);
    headers = { ...headers, ...headersOf(filter) };
  }
  return headers === undefined ? {} : { headers };
}

/** A limit for each attempt is one where there is a retry stanza; else it is the whole request's, even over a longer one. */
function timesOf({ retry, timeouts = {} }: HttpRule): Pick<HttpRoute, "timeout" | "retries"> {
  const { request, backendRequest } = timeouts;
  const perTry = isZero(backendRequest) ? undefined : backendRequest;
  const timeout = isZero(request) ? undefined : request;
  if (retry === undefined) return { timeout: perTry ?? timeout };
  const attempts = retry.attempts ?? 2;
  if (attempts === 0) return { timeout, retries: { attempts } };
  const retryOn = ["connect-failure", "refused-stream", "unavailable", "cancelled", ...(retry.codes ?? []).map(String)];
  return { timeout, retries: { attempts, retryOn: retryOn.join(","), perTryTimeout: perTry, backoff: retry.backoff } };
}

function isZero(duration: string | undefined): boolean {
  return duration === undefined || /^(0+(h|m|s|ms))+$/.test(duration);
}
