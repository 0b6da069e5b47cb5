// Filters of a rule in the words of a VirtualService's route, as istiod 1.31 translates them (conversion.go, create…Filter).

import type { HeaderOperations, HttpCors, HttpRedirect, HttpRoute, StringMatch } from "../objects.ts";
import type { CorsFilter, Finding, HeaderFilter, MirrorFilter, PathModifier, RedirectFilter } from "./objects.ts";

export function headerOperations(filter: HeaderFilter): HeaderOperations | Finding {
  const { set = [], add = [], remove } = filter;
  // oxlint-disable-next-line no-control-regex -- control characters are what a header value may not hold
  const wrong = [...set, ...add].find(({ value }) => /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value));
  if (wrong !== undefined)
    return {
      reason: "InvalidFilter",
      message: `header ${JSON.stringify(wrong.name)} value contains invalid characters`,
    };
  return { set: firstOfEach(set), add: firstOfEach(add), remove };
}

/** Of entries whose names differ in case alone the first one counts. */
function firstOfEach(entries: readonly { name: string; value: string }[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const { name, value } of entries) map[name.toLowerCase()] ??= value;
  return map;
}

export function rewriteOf({ hostname, path }: { hostname?: string; path?: PathModifier }): HttpRoute["rewrite"] {
  const rewrite: NonNullable<HttpRoute["rewrite"]> = {};
  if (path?.type === "ReplacePrefixMatch") rewrite.uri = (path.replacePrefixMatch ?? "").replace(/\/$/, "") || "/";
  if (path?.type === "ReplaceFullPath") rewrite.uriRegexRewrite = { match: "/.*", rewrite: path.replaceFullPath ?? "" };
  if (hostname) rewrite.authority = hostname;
  return Object.keys(rewrite).length === 0 ? undefined : rewrite;
}

/** Without a port of its own, the location keeps the listener's; with a new scheme, it has that scheme's. */
export function redirectOf({ scheme, hostname, path, port, statusCode }: RedirectFilter): HttpRedirect {
  return {
    redirectCode: statusCode,
    authority: hostname,
    scheme,
    ...(port === undefined
      ? { derivePort: scheme === undefined ? "FROM_REQUEST_PORT" : "FROM_PROTOCOL_DEFAULT" }
      : { port }),
    ...(path?.type === "ReplaceFullPath" ? { uri: path.replaceFullPath } : {}),
    ...(path?.type === "ReplacePrefixMatch" ? { prefixRewrite: path.replacePrefixMatch } : {}),
  };
}

/** Undefined: all requests. */
export function mirrorShare({ fraction, percent }: MirrorFilter): { value: number } | undefined {
  if (fraction !== undefined) return { value: (100 * fraction.numerator) / (fraction.denominator ?? 100) };
  return percent === undefined ? undefined : { value: percent };
}

export function corsOf(filter: CorsFilter): HttpCors {
  return {
    allowOrigins: (filter.allowOrigins ?? []).map(originMatch),
    allowMethods: filter.allowMethods,
    allowHeaders: filter.allowHeaders,
    exposeHeaders: filter.exposeHeaders,
    ...(filter.allowCredentials === true ? { allowCredentials: true } : {}),
    ...(filter.maxAge ? { maxAge: `${filter.maxAge}s` } : {}),
    unmatchedPreflights: "IGNORE",
  };
}

/** A star alone allows whatever looks like an origin. */
const ANY_ORIGIN = "^[a-zA-Z][a-zA-Z0-9+.-]*://[^/\\s?#]+$";

function originMatch(origin: string): StringMatch {
  if (origin === "*") return { regex: ANY_ORIGIN };
  if (!origin.includes("*")) return { exact: origin };
  if (origin.indexOf("*") === origin.length - 1) return { prefix: origin.slice(0, -1) };
  return { regex: `^${quoted(origin).replaceAll("\\*", ".*")}$` };
}

function quoted(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}
