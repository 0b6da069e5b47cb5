// Which headers go on and which are added, towards the upstream and back to the client: what Envoy does in Istio's ingress
// gateway (use_remote_address, server name istio-envoy, request attempt count; checked against Envoy 1.40).

import type { HeaderEdit } from "../routing/table.ts";

/** Envoy's max_request_headers_kb; the same for answers. */
export const MAX_HEADER_BYTES = 61_440;

/** Flat: name, value, name, value. */
export type HeaderList = string[];

/** By lower-case name; several lines of one name are a list. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const HOP_BY_HOP = names("connection keep-alive proxy-connection proxy-authenticate upgrade transfer-encoding te");

/** Control headers that Envoy takes off a request from outside, so that a client cannot steer it. */
const FROM_OUTSIDE = names(
  "x-envoy-decorator-operation x-envoy-downstream-service-cluster x-envoy-downstream-service-node",
  "x-envoy-expected-rq-timeout-ms x-envoy-force-trace x-envoy-hedge-on-per-try-timeout",
  "x-envoy-internal x-envoy-ip-tags x-envoy-max-retries x-envoy-original-host x-envoy-original-path x-envoy-original-url",
  "x-envoy-retriable-header-names x-envoy-retriable-status-codes x-envoy-retry-grpc-on",
  "x-envoy-retry-on x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-per-try-timeout-ms",
  "x-envoy-upstream-rq-timeout-alt-response x-envoy-upstream-rq-timeout-ms",
  // Only what the gateway has seen of a client's certificate counts.
  "x-forwarded-client-cert",
);

/** Before routes are tried. */
export function isTakenOff(name: string): boolean {
  return FROM_OUTSIDE.has(name) || HOP_BY_HOP.has(name);
}

/** The client's own claims, then the address that it has. */
export function forwardedFor(claimed: readonly string[], remoteAddress: string): string {
  return [...claimed.filter((each) => each !== ""), remoteAddress].join(",");
}

/** Of these Envoy makes one line, joined by a comma, where several come. */
export const JOINED_REQUEST = names(
  "accept accept-encoding access-control-request-headers access-control-request-method authorization cache-control",
  "content-type grpc-accept-encoding if-match if-modified-since if-none-match if-range origin pragma referer user-agent via",
  "x-forwarded-host",
);
const JOINED_ANSWER = names(
  "access-control-allow-credentials access-control-allow-headers access-control-allow-methods access-control-allow-origin",
  "access-control-expose-headers access-control-max-age age cache-control content-encoding etag expires grpc-status",
  "last-modified location vary via x-request-id",
);

const REPLACED = names(
  "host expect x-forwarded-for x-forwarded-proto x-request-id x-envoy-external-address",
  "x-envoy-attempt-count",
);

export interface RequestHeaderInput {
  raw: readonly string[];
  host: string;
  scheme: "http" | "https";
  remoteAddress: string;
  requestId: string;
}

/** The client's headers in lower case without what is not for the upstream, and what a gateway adds. */
export function upstreamHeaders({ raw, host, scheme, remoteAddress, requestId }: RequestHeaderInput): HeaderList {
  const list: HeaderList = ["host", host];
  const claimed: string[] = [];
  let listed: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    if (name === "x-forwarded-for") claimed.push(value);
    else if (name === "connection") listed = connectionNames(value) ?? listed;
    else if (name === "te") pushTrailers(list, value);
    else if (JOINED_REQUEST.has(name)) join(list, name, value);
    else if (!HOP_BY_HOP.has(name) && !REPLACED.has(name) && !FROM_OUTSIDE.has(name)) list.push(name, value);
  }
  list.push("x-forwarded-for", forwardedFor(claimed, remoteAddress), "x-forwarded-proto", scheme);
  list.push("x-envoy-external-address", remoteAddress, "x-request-id", requestId);
  return listed === undefined ? list : withoutNames(list, listed);
}

/** Of what TE says only this is of use to the next hop, and gRPC servers want it. */
function pushTrailers(list: HeaderList, te: string): void {
  if (/\btrailers\b/i.test(te)) list.push("te", "trailers");
}

function join(list: HeaderList, name: string, value: string): void {
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== name) continue;
    list[i + 1] += `,${value}`;
    return;
  }
  list.push(name, value);
}

/** Headers that the Connection header declares to be for this hop only; undefined when it names none beside the usual. */
function connectionNames(value: string): Set<string> | undefined {
  if (value === "keep-alive" || value === "close") return undefined;
  const names = value.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== "keep-alive" && name !== "close" && name !== "te"));
}

function withoutNames(list: HeaderList, names: ReadonlySet<string>): HeaderList {
  const kept: HeaderList = [];
  for (let i = 0; i < list.length; i += 2) if (!names.has(list[i]!)) kept.push(list[i]!, list[i + 1]!);
  return kept;
}

/** The list after a route's header operations. */
export function edit(list: HeaderList, operations: HeaderEdit | undefined): HeaderList {
  if (operations === undefined) return list;
  let edited = operations.remove.length === 0 ? list : withoutNames(list, new Set(operations.remove));
  for (const { name, value, append } of operations.write) {
    if (!append) edited = withoutNames(edited, new Set([name]));
    edited = [...edited, name, value];
  }
  return edited;
}

const RESPONSE_DROPPED = names(
  "connection keep-alive proxy-connection transfer-encoding upgrade server",
  "x-envoy-decorator-operation x-envoy-upstream-service-time",
);

/** The upstream's headers, for the client. */
export function clientHeaders(
  upstream: Readonly<Record<string, string | string[] | undefined>>,
  upstreamMs: number | undefined,
): HeaderList {
  const list: HeaderList = [];
  for (const name in upstream) {
    if (RESPONSE_DROPPED.has(name)) continue;
    const value = upstream[name]!;
    if (typeof value === "string") list.push(name, value);
    else if (JOINED_ANSWER.has(name)) list.push(name, value.join(","));
    else for (const each of value) list.push(name, each);
  }
  if (upstreamMs !== undefined) list.push("x-envoy-upstream-service-time", String(Math.round(upstreamMs)));
  return list;
}

/** What Envoy writes last, whatever operations there were: its own server name, and a date unless there is one. */
export function sealed(list: HeaderList, date: string): HeaderList {
  const head = hasHeader(list, "server") ? withoutNames(list, SERVER) : list;
  if (!hasHeader(head, "date")) head.push("date", date);
  head.push("server", "istio-envoy");
  return head;
}

const SERVER: ReadonlySet<string> = new Set(["server"]);

/** Of an answer of the gateway's own that has a body; after the route's operations. */
export function withLength(edited: HeaderList, bodyBytes: number): HeaderList {
  const type = hasHeader(edited, "content-type") ? [] : ["content-type", "text/plain"];
  return [...edited, "content-length", String(bodyBytes), ...type];
}

/** What HTTP/1.1 says of an answer of the gateway's own that has none. */
export function emptyFraming(method: string, code: number): HeaderList {
  if (code === 204 || code === 304) return [];
  // No length is known of what a GET would get.
  return method === "HEAD" ? ["transfer-encoding", "chunked"] : ["content-length", "0"];
}

/** What HTTP/1.1 says of a body whose length nobody has said, also where HEAD leaves it out; Node would say it in capitals. */
export function bodyFraming(list: HeaderList, code: number): HeaderList {
  if (code === 204 || code === 304) return [];
  return hasHeader(list, "content-length") || hasHeader(list, "transfer-encoding")
    ? []
    : ["transfer-encoding", "chunked"];
}

/** By lower-case name, one value for each line. */
export function valuesByName(headers: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    const known = values.get(name);
    if (known === undefined) values.set(name, [headers[i + 1]!]);
    else known.push(headers[i + 1]!);
  }
  return values;
}

export function hasHeader(list: HeaderList, name: string): boolean {
  for (let i = 0; i < list.length; i += 2) if (list[i] === name) return true;
  return false;
}

function names(...rows: string[]): ReadonlySet<string> {
  return new Set(rows.join(" ").split(" "));
}
