// Which route a request takes: Istio's order. The most specific host wins (exact, then the longest wildcard, then "*"), and
// of its routes the first whose conditions all hold. Pure; explain.ts asks the same functions why a route did not match.

import type { Condition, PathMatch, TextTest } from "./conditions.ts";
import type { ByHost, Route, VirtualHost } from "./table.ts";

export interface RequestView {
  method: string;
  /** As the client sent it, port included. */
  authority: string;
  scheme: string;
  /** Without the query. */
  path: string;
  /** Without the question mark; "" when there is none. */
  query: string;
  /** There is a question mark with nothing behind it. */
  emptyQuery?: boolean;
  /** The lines of a header, by lower-case name, as the gateway would pass them on; undefined when it is absent. */
  header(name: string): readonly string[] | undefined;
}

/** What a host name leads to: routes, or before that a TLS server. Undefined: Envoy answers 404, or closes the connection. */
export function findByHost<T>(hosts: ByHost<T>, host: string): T | undefined {
  const exact = hosts.exact.get(host);
  if (exact !== undefined) return exact;
  for (const length of hosts.suffixLengths) {
    if (host.length <= length) continue;
    const found = hosts.suffixes.get(host.slice(host.length - length));
    if (found !== undefined) return found;
  }
  return hosts.suffixes.get("");
}

/** The first route that matches, or undefined. */
export function findRoute(virtualHost: VirtualHost, request: RequestView): Route | undefined {
  const { routes } = virtualHost;
  if (routes.length <= INDEX_WORTHWHILE) {
    for (const route of routes) if (mismatch(route, request) === undefined) return route;
    return undefined;
  }
  return findIndexed(virtualHost, request);
}

const INDEX_WORTHWHILE = 8;

/** Candidates come as sorted lists; the smallest position that matches is the first route that matches. */
function findIndexed({ routes, index }: VirtualHost, request: RequestView): Route | undefined {
  const { path } = request;
  let best = firstMatch(index.others, routes, request, routes.length);
  const exact = index.exact.get(path);
  if (exact !== undefined) best = firstMatch(exact, routes, request, best);
  for (const { length, lastCode } of index.prefixEnds) {
    // Most are ruled out by one character; past the path's end it is NaN. "" ends with nothing.
    if (length > 0 && path.charCodeAt(length - 1) !== lastCode) continue;
    const prefixed = index.prefixes.get(path.slice(0, length));
    if (prefixed !== undefined) best = firstMatch(prefixed, routes, request, best);
  }
  return routes[best];
}

function firstMatch(
  positions: readonly number[],
  routes: readonly Route[],
  request: RequestView,
  best: number,
): number {
  for (const position of positions) {
    if (position >= best) return best;
    if (mismatch(routes[position]!, request) === undefined) return position;
  }
  return best;
}

/** The first thing about the route that does not hold, or undefined when it matches. */
export function mismatch(route: Route, request: RequestView): PathMatch | Condition | undefined {
  if (!pathMatches(route.path, request.path)) return route.path;
  for (const condition of route.conditions) if (!holds(condition, request)) return condition;
  return undefined;
}

function pathMatches(match: PathMatch, path: string): boolean {
  switch (match.kind) {
    case "any":
      return true;
    case "regex":
      return match.test(path);
    case "exact":
      return (match.ignoreCase ? path.toLowerCase() : path) === match.value;
    case "prefix":
      return (match.ignoreCase ? path.toLowerCase() : path).startsWith(match.value);
    case "elements":
      return path.startsWith(match.value) && (path.length === match.value.length || path[match.value.length] === "/");
  }
}

function holds({ of, name, test }: Condition, request: RequestView): boolean {
  switch (of) {
    case "method":
      return textMatches(test, request.method);
    case "authority":
      return textMatches(test, request.authority);
    case "scheme":
      return textMatches(test, request.scheme);
    case "header":
      return anyMatches(test, request.header(name));
    case "withoutHeader":
      // istiod sets treat_missing_header_as_empty on every inverted match but `present`.
      return !anyMatches(test, test.kind === "present" ? request.header(name) : (request.header(name) ?? [""]));
    case "queryParam":
      return textMatches(test, queryParam(request.query, name));
  }
}

/** Envoy tries the lines of a repeated header one by one. */
function anyMatches(test: TextTest, values: readonly string[] | undefined): boolean {
  return values !== undefined && values.some((value) => textMatches(test, value));
}

export function textMatches(test: TextTest, text: string | undefined): boolean {
  if (text === undefined) return false;
  switch (test.kind) {
    case "present":
      return true;
    case "exact":
      return text === test.value;
    case "prefix":
      return text.startsWith(test.value);
    case "regex":
      return test.test(text);
  }
}

/** The first value of a parameter, as written (Envoy matches undecoded text); "" for a name without "=". */
export function queryParam(query: string, name: string): string | undefined {
  if (query === "") return undefined;
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    if ((equals === -1 ? pair : pair.slice(0, equals)) === name) return equals === -1 ? "" : pair.slice(equals + 1);
  }
  return undefined;
}
