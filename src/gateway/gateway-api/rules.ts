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
  if ("timeouts" in rule || "retry" in rule) Object.assign(route, timesOf(rule as HttpRule));
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
  const route: ConvertedRule["route"] = {};
  let finding: Finding | undefined;
  for (const filter of filters)
    switch (from.kind === "GRPCRoute" && !OF_GRPC.has(filter.type) ? undefined : filter.type) {
      case "RequestHeaderModifier":
      case "ResponseHeaderModifier":
        route.headers = { ...route.headers, ...headersOf(filter) };
        break;
      case "RequestRedirect":
        route.redirect = redirectOf(filter.requestRedirect ?? {});
        break;
      case "URLRewrite":
        route.rewrite = rewriteOf(filter.urlRewrite ?? {});
        break;
      case "CORS":
        route.corsPolicy = corsOf(filter.cors ?? {});
        break;
      case "RequestMirror": {
        const resolved = resolveBackend(filter.requestMirror!.backendRef, from, backends);
        // A GRPCRoute goes out of service by it, an HTTPRoute only loses the mirror.
        if (resolved.finding !== undefined && from.kind === "GRPCRoute")
          throw new Refusal(resolved.finding.reason, resolved.finding.message);
        finding = resolved.finding ?? finding;
        const mirror = { destination: resolved.destination, percentage: mirrorShare(filter.requestMirror!) };
        if (resolved.finding === undefined) route.mirrors = [...(route.mirrors ?? []), mirror];
        break;
      }
      default:
        throw new Refusal("InvalidFilter", `unsupported filter type ${JSON.stringify(filter.type)}`);
    }
  return { route, finding };
}

const OF_GRPC: ReadonlySet<string> = new Set(["RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror"]);

function headersOf(filter: RouteFilter): { request: HeaderOperations } | { response: HeaderOperations } {
  const isRequest = filter.type === "RequestHeaderModifier";
  const operations = headerOperations((isRequest ? filter.requestHeaderModifier : filter.responseHeaderModifier) ?? {});
  if ("reason" in operations) throw new Refusal(operations.reason, operations.message);
  return isRequest ? { request: operations } : { response: operations };
}

function backendHeaders({ filters = [] }: BackendRef): Pick<RouteDestination, "headers"> {
  let headers: RouteDestination["headers"];
  for (const filter of filters) {
    if (!/^(Request|Response)HeaderModifier$/.test(filter.type))
      throw new Refusal("InvalidFilter", `unsupported filter type ${JSON.stringify(filter.type)}`);
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
