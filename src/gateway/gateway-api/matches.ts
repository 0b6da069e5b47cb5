// Matches of a rule in the words of a VirtualService's match (istiod 1.31, conversion.go, create…Match), and the order that Gateway API
// wants: the most specific one first, whatever the order in which they are written.

import type { HttpMatch, HttpRoute, StringMatch } from "../objects.ts";
import type { GrpcRuleMatch, HttpRuleMatch, NamedMatch } from "./objects.ts";

export function httpMatch({ path, headers, queryParams, method }: HttpRuleMatch): HttpMatch {
  return {
    uri: pathMatch(path?.type ?? "PathPrefix", path?.value ?? "/"),
    ...(headers?.length ? { headers: named(headers) } : {}),
    ...(queryParams?.length ? { queryParams: named(queryParams) } : {}),
    ...(method === undefined ? {} : { method: { exact: method } }),
  };
}

function pathMatch(type: string, value: string): StringMatch {
  if (type === "Exact") return { exact: value };
  if (type === "RegularExpression") return { regex: value };
  return { prefix: value === "/" ? value : value.replace(/\/$/, "") };
}

function named(tests: readonly NamedMatch[]): Record<string, StringMatch> {
  return Object.fromEntries(
    tests.map(({ type, name, value }) => [name, type === "RegularExpression" ? { regex: value } : { exact: value }]),
  );
}

/** A call's path is `/service/method`. Undefined: neither is named, which makes no sense. */
export function grpcMatch({ method, headers }: GrpcRuleMatch): HttpMatch | undefined {
  const uri = method === undefined ? undefined : callMatch(method);
  if (method !== undefined && uri === undefined) return undefined;
  return { ...(uri === undefined ? {} : { uri }), ...(headers?.length ? { headers: named(headers) } : {}) };
}

function callMatch({ type, service, method }: NonNullable<GrpcRuleMatch["method"]>): StringMatch | undefined {
  if (service === undefined && method === undefined) return undefined;
  if (service === undefined) return { regex: `/[^/]+/${method}` };
  const isRegex = type === "RegularExpression";
  if (method === undefined) return isRegex ? { regex: `/${service}/.+` } : { prefix: `/${service}/` };
  return isRegex ? { regex: `/${service}/${method}` } : { exact: `/${service}/${method}` };
}

/**
 * Stable: where both are equally specific, the older object's comes first, and within an object the earlier rule's. Each route has at most
 * one match. https://gateway-api.sigs.k8s.io/reference/api-spec/1.6/spec/#httprouterule (matches)
 */
export function mostSpecificFirst<T extends { route: HttpRoute }>(routes: readonly T[]): T[] {
  return [...routes].sort((a, b) => compare(a.route.match?.[0], b.route.match?.[0]));
}

function compare(a: HttpMatch | undefined, b: HttpMatch | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  return (
    pathRank(b.uri) - pathRank(a.uri) ||
    pathLength(b.uri) - pathLength(a.uri) ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    count(b.headers) - count(a.headers) ||
    count(b.queryParams) - count(a.queryParams)
  );
}

function pathRank(uri: StringMatch | undefined): number {
  if (uri?.exact !== undefined) return 3;
  if (uri?.prefix !== undefined) return 2;
  return uri?.regex === undefined ? 0 : 1;
}

/** In bytes, as Go counts. */
function pathLength(uri: StringMatch | undefined): number {
  return Buffer.byteLength(uri?.exact ?? uri?.prefix ?? uri?.regex ?? "");
}

function count(tests: Record<string, StringMatch> | undefined): number {
  return Object.keys(tests ?? {}).length;
}
