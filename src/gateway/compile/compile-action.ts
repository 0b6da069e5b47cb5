// What one http route does with a request: forward, redirect or answer itself. Defaults where the VirtualService is silent
// are istiod's (release 1.31: pilot/pkg/networking/core/route/route.go and retry/retry.go).

import { RE2JS } from "re2js";
import type { HttpRedirect, HttpRetry, HttpRoute, RouteDestination } from "../objects.ts";
import { fullyQualified } from "../routing/names.ts";
import type { HeaderEdits, Redirect, RetryPolicy, Rewrite, RouteFilters } from "../routing/table.ts";
import { compileDuration as duration } from "./compile-duration.ts";
import { compileFilters } from "./compile-filters.ts";
import { compileHeaders } from "./compile-headers.ts";
import { type Complain, messageOf } from "./compile-match.ts";
import { compileMirrors, type MirrorTemplate } from "./compile-mirrors.ts";

export type ActionTemplate =
  | {
      kind: "forward";
      destinations: DestinationTemplate[];
      timeoutMs: number | undefined;
      retry: RetryPolicy | undefined;
      rewrite: Rewrite | undefined;
      filters: RouteFilters | undefined;
      mirrors: MirrorTemplate[];
      missingClusterStatus?: number;
    }
  | { kind: "redirect"; redirect: Omit<Redirect, "port"> & Pick<HttpRedirect, "port" | "derivePort"> }
  | { kind: "direct"; status: number; body: Uint8Array };

export interface DestinationTemplate {
  host: string;
  subset: string | undefined;
  port: number | undefined;
  weight: number;
  headers: HeaderEdits;
}

export function compileAction(route: HttpRoute, field: string, namespace: string, complain: Complain): ActionTemplate {
  const given = (["route", "redirect", "directResponse"] as const).filter((name) => route[name] !== undefined);
  if (given.length !== 1)
    complain(
      field,
      `${field} must have exactly one of route, redirect and directResponse (it has ${given.join(" and ") || "none"})`,
    );
  if (route.fault !== undefined && (route.redirect ?? route.directResponse) !== undefined)
    complain(`${field}.fault`, `${field}.fault: only a route that forwards can have a fault (Istio refuses it too)`);
  if (route.redirect?.prefixRewrite && !(route.match ?? []).every(({ uri }) => uri?.prefix !== undefined))
    complain(
      `${field}.redirect.prefixRewrite`,
      `${field}.redirect.prefixRewrite needs uri.prefix in every match of the route`,
    );
  if (route.redirect !== undefined)
    return { kind: "redirect", redirect: compileRedirect(route.redirect, `${field}.redirect`, complain) };
  if (route.directResponse !== undefined)
    return compileDirectResponse(route.directResponse, `${field}.directResponse`, complain);
  const timeoutMs = duration(route.timeout, `${field}.timeout`, complain);
  return {
    kind: "forward",
    destinations: compileDestinations(route.route ?? [], `${field}.route`, namespace, complain),
    // Zero means none, in Istio and in Envoy.
    timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
    retry: avoiding(compileRetry(route.retries, `${field}.retries`, complain), (route.route ?? []).length),
    rewrite: compileRewrite(route.rewrite, `${field}.rewrite`, complain),
    filters: compileFilters(route, field, complain),
    mirrors: compileMirrors(route, field, namespace, complain),
  };
}

/** A single destination gets everything, whatever its weight says; of several, those without weight get nothing. */
export function compileDestinations(
  route: RouteDestination[],
  field: string,
  namespace: string,
  complain: Complain,
): DestinationTemplate[] {
  if (route.length === 0) complain(field, `${field} has no destination`);
  const destinations = route.map((entry, i): DestinationTemplate => {
    const host = entry.destination?.host ?? "";
    if (host === "") complain(`${field}[${i}].destination.host`, `${field}[${i}].destination.host is missing`);
    const weight = route.length === 1 ? 1 : (entry.weight ?? 0);
    if (!Number.isSafeInteger(weight) || weight < 0)
      complain(
        `${field}[${i}].weight`,
        `${field}[${i}].weight: ${JSON.stringify(entry.weight)} is not a whole number of zero or more`,
      );
    return {
      host: fullyQualified(host, namespace),
      subset: entry.destination?.subset || undefined,
      port: entry.destination?.port?.number,
      weight,
      headers: compileHeaders(entry.headers, `${field}[${i}].headers`, complain),
    };
  });
  if (route.length > 1 && destinations.every(({ weight }) => weight === 0))
    complain(
      field,
      `${field}: all weights are zero, so no destination can be chosen (Istio refuses it too); give one a weight`,
    );
  return destinations;
}

/** istiod 1.31 lists `retriable-status-codes` without any code, so an upstream's 503 is not retried by default. */
const DEFAULT_RETRY: RetryPolicy = {
  attempts: 2,
  on: new Set(["connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes"]),
  statusCodes: new Set(),
  perTryTimeoutMs: undefined,
  avoidPreviousHosts: "unless-hashed",
  backoffBaseMs: 25,
};

/** Where there are several destinations, hashing is no reason to stay. */
function avoiding(retry: RetryPolicy | undefined, destinations: number): RetryPolicy | undefined {
  if (destinations < 2 || retry?.avoidPreviousHosts !== "unless-hashed") return retry;
  return { ...retry, avoidPreviousHosts: true };
}

const RETRY_CONDITIONS: ReadonlySet<string> = new Set(
  (
    "5xx gateway-error reset reset-before-request connect-failure refused-stream " +
    "retriable-4xx retriable-status-codes retriable-headers http3-post-connect-failure " +
    "cancelled deadline-exceeded internal resource-exhausted unavailable"
  ).split(" "),
);

function compileRetry(retries: HttpRetry | undefined, field: string, complain: Complain): RetryPolicy | undefined {
  if (retries === undefined) return DEFAULT_RETRY;
  const attempts = retries.attempts ?? 0;
  if (!Number.isSafeInteger(attempts) || attempts < 0)
    complain(`${field}.attempts`, `${field}.attempts: ${attempts} is not a whole number of zero or more`);
  if (attempts <= 0 && (retries.retryOn || retries.perTryTimeout))
    complain(
      field,
      `${field}: attempts: 0 turns retries off, so retryOn and perTryTimeout mean nothing (Istio refuses them); remove them`,
    );
  if (attempts <= 0) return undefined;
  const { on, statusCodes } = parseRetryOn(retries.retryOn ?? "", `${field}.retryOn`, complain);
  return {
    attempts,
    on,
    statusCodes,
    perTryTimeoutMs: duration(retries.perTryTimeout, `${field}.perTryTimeout`, complain) || undefined,
    avoidPreviousHosts: retries.retryIgnorePreviousHosts ?? DEFAULT_RETRY.avoidPreviousHosts,
    backoffBaseMs: duration(retries.backoff, `${field}.backoff`, complain) || DEFAULT_RETRY.backoffBaseMs,
  };
}

/** Numbers are status codes, and bring their condition with them. */
function parseRetryOn(text: string, field: string, complain: Complain): Pick<RetryPolicy, "on" | "statusCodes"> {
  const parts = text.split(",").flatMap((part) => part.trim() || []);
  if (parts.length === 0) return DEFAULT_RETRY;
  const codes = parts.filter((part) => /^[1-5]\d\d$/.test(part)).map(Number);
  const conditions = parts.filter((part) => !/^[1-5]\d\d$/.test(part));
  for (const unknown of conditions.filter((each) => !RETRY_CONDITIONS.has(each)))
    complain(
      field,
      `${field}: ${unknown} is no condition that Envoy knows; use some of ${[...RETRY_CONDITIONS].join(", ")} or HTTP status codes`,
    );
  if (codes.length > 0) conditions.push("retriable-status-codes");
  return { on: new Set(conditions), statusCodes: new Set(codes) };
}

function compileRewrite(rewrite: HttpRoute["rewrite"], field: string, complain: Complain): Rewrite | undefined {
  if (rewrite === undefined) return undefined;
  if (rewrite.uri !== undefined && rewrite.uriRegexRewrite !== undefined)
    complain(field, `${field} has uri and uriRegexRewrite: only one of them is allowed`);
  return {
    authority: rewrite.authority || undefined,
    prefix: rewrite.uri || undefined,
    regex: compileRegexRewrite(rewrite.uriRegexRewrite, `${field}.uriRegexRewrite`, complain),
  };
}

/** Envoy replaces every match; it writes groups as `\1`, and a dollar sign means itself. */
function compileRegexRewrite(
  rewrite: { match: string; rewrite: string } | undefined,
  field: string,
  complain: Complain,
): Rewrite["regex"] {
  if (rewrite === undefined) return undefined;
  try {
    const pattern = RE2JS.compile(rewrite.match);
    return {
      text: `${rewrite.match} -> ${rewrite.rewrite}`,
      replace: (path) => replaceAll(pattern, path, rewrite.rewrite),
    };
  } catch (error) {
    complain(
      `${field}.match`,
      `${field}.match: ${JSON.stringify(rewrite.match)} is no RE2 expression (${messageOf(error)})`,
    );
    return undefined;
  }
}

function replaceAll(pattern: RE2JS, path: string, replacement: string): string {
  const matcher = pattern.matcher(path);
  let out = "";
  let from = 0;
  while (matcher.find()) {
    const expanded = replacement.replace(/\\(\d)/g, (_, group: string) =>
      Number(group) <= matcher.groupCount() ? (matcher.group(Number(group)) ?? "") : "",
    );
    out += path.slice(from, matcher.start()) + expanded;
    from = matcher.end();
  }
  return out + path.slice(from);
}

const REDIRECT_CODES = [301, 302, 303, 307, 308];

function compileRedirect(redirect: HttpRedirect, field: string, complain: Complain) {
  const code = redirect.redirectCode || 301;
  if (!REDIRECT_CODES.includes(code))
    complain(`${field}.redirectCode`, `${field}.redirectCode: ${code} is not one of ${REDIRECT_CODES.join(", ")}`);
  return {
    path: redirect.uri || undefined,
    prefixRewrite: redirect.prefixRewrite || undefined,
    authority: redirect.authority || undefined,
    port: redirect.port,
    derivePort: redirect.derivePort,
    scheme: redirect.scheme || undefined,
    code,
  };
}

function compileDirectResponse(
  { status, body }: NonNullable<HttpRoute["directResponse"]>,
  field: string,
  complain: Complain,
): ActionTemplate {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    complain(`${field}.status`, `${field}.status: ${status} is no HTTP status from 200 to 599`);
  const bytes = body?.bytes === undefined ? Buffer.from(body?.string ?? "") : Buffer.from(body.bytes, "base64");
  return { kind: "direct", status, body: bytes };
}
