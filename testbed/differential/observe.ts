// What is compared of one request: the answer and every attempt as the upstream saw it, with what must differ between two runs of the
// same proxy (ids, dates, durations, addresses) reduced to its form.

import { createHash } from "node:crypto";
import type { CaseRequest } from "./case.ts";
import type { SeenAttempt } from "./fleet.ts";
import { ID_HEADER } from "./fleet-server.ts";
import type { WireAnswer } from "./wire-answer.ts";

export interface Observation {
  status: number;
  failure?: string;
  headers: HeaderMap;
  body: string;
  trailers?: HeaderMap;
  /** 1xx answers that came before. */
  informed?: { status: number; headers: HeaderMap }[];
  /** Undefined when the case says nothing about time. */
  inTime?: boolean;
  startedInTime?: boolean;
  attempts: ObservedAttempt[];
}

interface ObservedAttempt {
  to: string;
  method: string;
  url: string;
  over: string;
  /** Which of the case's connections, in the order of their first use. */
  connection?: number;
  headers: HeaderMap;
  body: string;
  trailers?: HeaderMap;
}

/** Values in order, by name as it was sent. */
type HeaderMap = Readonly<Record<string, readonly string[]>>;

/** `connections` are those to the upstreams that the case has used so far; new ones are added. */
export function observe(
  request: CaseRequest,
  answer: WireAnswer,
  attempts: readonly SeenAttempt[],
  connections: number[] = [],
): Observation {
  const { takesMs, startsMs } = request;
  const { status, failure, rawTrailers, informed } = answer;
  return {
    status,
    ...(failure === undefined ? {} : { failure }),
    headers: headerMap(answer.rawHeaders),
    body: shortened(answer.body),
    ...(rawTrailers.length === 0 ? {} : { trailers: headerMap(rawTrailers) }),
    ...(informed.length === 0
      ? {}
      : { informed: informed.map(({ status, rawHeaders }) => ({ status, headers: headerMap(rawHeaders) })) }),
    ...(takesMs === undefined ? {} : { inTime: isWithin(answer.tookMs, takesMs) }),
    ...(startsMs === undefined ? {} : { startedInTime: isWithin(answer.startedMs, startsMs) }),
    attempts: ordered(attempts, request).map((attempt, i) => attemptOf(attempt, i, request, connections)),
  };
}

function isWithin(ms: number, [from, to]: readonly [number, number]): boolean {
  return ms >= from && ms <= to;
}

function attemptOf(attempt: SeenAttempt, i: number, request: CaseRequest, connections: number[]): ObservedAttempt {
  const { endpoint, subset, port, method, url, protocol, rawTrailers } = attempt;
  return {
    to: `${request.byEndpoint === true ? endpoint : subset}${port === "second" ? ":second" : ""}`,
    method,
    url,
    over: protocol,
    ...(request.byConnection === true ? { connection: numberOf(attempt.connection, connections) } : {}),
    headers: headersSeen(attempt.rawHeaders, i, request),
    body: shortened(attempt.body),
    ...(rawTrailers.length === 0 ? {} : { trailers: headerMap(rawTrailers) }),
  };
}

function numberOf(connection: number, known: number[]): number {
  const at = known.indexOf(connection);
  return at === -1 ? known.push(connection) : at + 1;
}

const SHOWN_CHARACTERS = 1_000;

/** Large bodies by their digest. */
function shortened(body: string): string {
  if (body.length <= SHOWN_CHARACTERS) return body;
  return `${body.length} characters, SHA-256 ${createHash("sha256").update(body).digest("hex").slice(0, 16)}`;
}

function ordered(attempts: readonly SeenAttempt[], { mirrored }: CaseRequest): readonly SeenAttempt[] {
  const key = ({ subset, port, url, rawHeaders }: SeenAttempt) => [subset, port, url, ...rawHeaders].join(" ");
  return mirrored === true ? [...attempts].sort((a, b) => (key(a) < key(b) ? -1 : 1)) : attempts;
}

function headerMap(raw: readonly string[]): HeaderMap {
  const map: Record<string, string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    // Keep-Alive is between two neighbours only.
    if (name === ID_HEADER || name.toLowerCase() === "keep-alive") continue;
    const form = formOf(name, raw[i + 1]!);
    // Envoy makes a hash's cookie anew for each attempt and gives all of them.
    if (name === "set-cookie" && form.includes(HASH) && map[name]?.includes(form) === true) continue;
    (map[name] ??= []).push(form);
  }
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is not compared in the upstream's view, each for a reason that docs/reference/gateway.md gives or that lies in chance. */
function headersSeen(raw: readonly string[], attempt: number, { luckyFirst, headers }: CaseRequest): HeaderMap {
  const seen: Record<string, readonly string[]> = { ...headerMap(raw) };
  const sent = new Set(headers?.map(([name]) => name.toLowerCase()));
  for (const name of Object.keys(seen)) if (TELEMETRY.test(name) && !sent.has(name)) delete seen[name];
  // Envoy's own takes the place of the client's.
  delete seen["x-envoy-decorator-operation"];
  // Hop by hop: whose connection it is decides how long it lives, and case means nothing.
  const connection = tokens(seen["connection"]).filter((token) => token !== "keep-alive" && token !== "close");
  delete seen["connection"];
  if (connection.length > 0) seen["connection"] = connection;
  // What is left of the whole time limit when a retry starts.
  for (const name of ["x-envoy-expected-rq-timeout-ms", "grpc-timeout"])
    if (attempt > 0 && seen[name] !== undefined) seen[name] = ["<milliseconds>"];
  if (luckyFirst === true) delete seen["x-envoy-attempt-count"];
  return seen;
}

/**
 * What proxies tell each other, by the telemetry that a mesh is set up for: traces and peers' metadata. A sidecar takes the
 * operation's name off before the application sees it.
 */
const TELEMETRY = /^(x-envoy-decorator-operation|x-envoy-peer-metadata(-id)?|x-b3-[a-z]+|b3|traceparent|tracestate)$/;

function tokens(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.toLowerCase().split(/\s*,\s*/)).sort();
}

/** What the proxy added for this machine; for a mirror it adds it twice. */
function withoutOwn(value: string): string {
  const addresses = value.split(",");
  return addresses.map((each) => (each === addresses.at(-1) ? "<client>" : each)).join(",");
}

const HASH = '"<hash>"';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function formOf(name: string, value: string): string {
  switch (name) {
    case "date":
      return Number.isNaN(Date.parse(value)) ? value : "<date>";
    case "x-request-id":
      return UUID.test(value) ? "<uuid>" : value;
    case "x-envoy-upstream-service-time":
      return /^\d+$/.test(value) ? "<milliseconds>" : value;
    // A cookie that the proxy gives for a consistent hash.
    case "set-cookie":
      return value.replace(/^(\w+)="[0-9a-f]{16}"/, `$1=${HASH}`);
    // Envoy writes the machine's own address for a client on loopback; the gateway knows only what the socket says.
    case "x-forwarded-for":
      return withoutOwn(value);
    default:
      return value;
  }
}
