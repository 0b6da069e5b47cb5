// Where a request goes on to: the upstream's path after a rewrite, and a redirect's location.

import type { PathMatch } from "../routing/conditions.ts";
import type { RequestView } from "../routing/match.ts";
import type { Redirect, Rewrite } from "../routing/table.ts";

/** Path with query, as the upstream gets it. */
export function forwardedPath(
  rewrite: Rewrite | undefined,
  matched: PathMatch,
  { path, query, emptyQuery }: RequestView,
): string {
  const rewritten = rewrite === undefined ? path : rewritePath(rewrite, matched, path);
  return query === "" ? rewritten + (emptyQuery === true ? "?" : "") : `${rewritten}?${query}`;
}

/** Envoy keeps the path when a regular expression would leave nothing of it. */
export function rewritesPath(rewrite: Rewrite | undefined, path: string): boolean {
  if (rewrite?.prefix !== undefined) return true;
  return rewrite?.regex !== undefined && rewrite.regex.replace(path) !== "";
}

/** The matched part is what `uri` replaces: the prefix, all of an exact or regex match, or "/" where nothing was asked. */
function rewritePath({ prefix, regex }: Rewrite, matched: PathMatch, path: string): string {
  if (regex !== undefined) return regex.replace(path) || path;
  return prefix === undefined ? path : replaceMatched(prefix, matched, path);
}

function replaceMatched(replacement: string, matched: PathMatch, path: string): string {
  switch (matched.kind) {
    case "any":
      return replacement + path.slice(1);
    case "prefix":
    case "elements":
      return replacement + path.slice(matched.value.length);
    case "exact":
    case "regex":
      return replacement;
  }
}

/** Redirects say where to, and so does whatever else has such a status. */
export function hasLocation(code: number): boolean {
  return code === 201 || (code >= 300 && code < 400);
}

export const SAME_PLACE: Redirect = {
  path: undefined,
  prefixRewrite: undefined,
  authority: undefined,
  port: undefined,
  scheme: undefined,
  code: 0,
};

/** A full URL, as Envoy answers. The query stays unless the new path brings its own. */
export function redirectLocation(redirect: Redirect, matched: PathMatch, request: RequestView): string {
  const { scheme = request.scheme, authority = requestedHost(redirect, request), port } = redirect;
  const portText = port === undefined ? "" : `:${port}`;
  return `${scheme}://${authority}${portText}${redirectPath(redirect, matched, request)}`;
}

/** Of `tls.httpsRedirect`: port and query stay as they are. */
export function httpsLocation({ authority, path, query, emptyQuery }: RequestView): string {
  return `https://${authority}${path}${query !== "" || emptyQuery === true ? `?${query}` : ""}`;
}

/** The request's port goes when there is a new one, or when it was the old scheme's own. */
function requestedHost({ port, scheme = "" }: Redirect, request: RequestView): string {
  const ownPort = request.scheme === "https" ? ":443" : ":80";
  const portGoes =
    port !== undefined || (!["", request.scheme].includes(scheme) && request.authority.endsWith(ownPort));
  return portGoes ? withoutPort(request.authority) : request.authority;
}

function redirectPath({ path, prefixRewrite }: Redirect, matched: PathMatch, request: RequestView): string {
  const target =
    path ?? (prefixRewrite === undefined ? request.path : replaceMatched(prefixRewrite, matched, request.path));
  return request.query === "" || target.includes("?") ? target : `${target}?${request.query}`;
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d+$/, "");
}
