// Where a request goes on to: the upstream's path after a rewrite, and a redirect's location.

import type { PathMatch } from "./conditions.ts";
import type { RequestView } from "./match.ts";
import type { Redirect, Rewrite } from "./table.ts";

/** Path with query, as the upstream gets it. */
export function forwardedPath(rewrite: Rewrite | undefined, matched: PathMatch, { path, query }: RequestView): string {
  const rewritten = rewrite === undefined ? path : rewritePath(rewrite, matched, path);
  return query === "" ? rewritten : `${rewritten}?${query}`;
}

/** The matched part is what `uri` replaces: the prefix, all of an exact or regex match, or "/" where nothing was asked. */
function rewritePath({ prefix, regex }: Rewrite, matched: PathMatch, path: string): string {
  if (regex !== undefined) return regex.replace(path);
  return prefix === undefined ? path : replaceMatched(prefix, matched, path);
}

function replaceMatched(replacement: string, matched: PathMatch, path: string): string {
  switch (matched.kind) {
    case "any":
      return replacement + path.slice(1);
    case "prefix":
      return replacement + path.slice(matched.value.length);
    case "exact":
    case "regex":
      return replacement;
  }
}

/** A full URL, as Envoy answers. The query stays unless the new path brings its own. */
export function redirectLocation(redirect: Redirect, matched: PathMatch, request: RequestView): string {
  const { scheme = request.scheme, authority, port } = redirect;
  const host =
    authority ??
    (port === undefined && redirect.scheme === undefined ? request.authority : withoutPort(request.authority));
  const portText = port === undefined ? "" : `:${port}`;
  return `${scheme}://${host}${portText}${redirectPath(redirect, matched, request)}`;
}

function redirectPath({ path, prefixRewrite }: Redirect, matched: PathMatch, request: RequestView): string {
  const target =
    path ?? (prefixRewrite === undefined ? request.path : replaceMatched(prefixRewrite, matched, request.path));
  return request.query === "" || target.includes("?") ? target : `${target}?${request.query}`;
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d+$/, "");
}
