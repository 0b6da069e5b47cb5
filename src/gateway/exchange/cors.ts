// Cross-origin requests as Envoy's filter treats them: preflights are answered here, other answers are marked.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter

import { type RequestView, textMatches } from "../routing/match.ts";
import type { Cors, HeaderEdit } from "../routing/table.ts";
import type { HeaderList } from "../wire/headers.ts";

export interface CorsVerdict {
  /** Headers of the answer to a preflight; undefined: the request goes on. */
  preflight: HeaderList | undefined;
  /** For every answer to this request, the gateway's own ones too. */
  response: HeaderEdit | undefined;
}

const NOT_CONCERNED: CorsVerdict = { preflight: undefined, response: undefined };

export function judgeCors(cors: Cors, request: RequestView): CorsVerdict {
  const origin = request.header("origin")?.join(",") ?? "";
  if (origin === "") return NOT_CONCERNED;
  const allowed = isAllowed(cors, origin);
  const asked = request.header("access-control-request-method")?.[0] ?? "";
  const isPreflight = request.method === "OPTIONS" && asked !== "";
  if (!allowed && !(isPreflight && !cors.forwardUnmatched)) return NOT_CONCERNED;
  const own = allowed ? allowedHeaders(cors, origin) : [];
  if (!isPreflight) return { preflight: undefined, response: asEdit([...own, ...exposedHeaders(cors)]) };
  // Envoy says what it would allow even to an origin that it does not allow.
  const head = [...(allowed ? own : credentialHeaders(cors)), ...preflightHeaders(cors, request)];
  return { preflight: allowed ? [...head, ...exposedHeaders(cors)] : head, response: undefined };
}

/** What would match a star matches everything, as in Envoy. */
function isAllowed({ origins }: Cors, origin: string): boolean {
  return origins.some((test) => textMatches(test, "*") || textMatches(test, origin));
}

function allowedHeaders(cors: Cors, origin: string): HeaderList {
  return ["access-control-allow-origin", origin, ...credentialHeaders(cors)];
}

function credentialHeaders({ credentials }: Cors): HeaderList {
  return credentials ? ["access-control-allow-credentials", "true"] : [];
}

function preflightHeaders({ methods, headers, maxAge }: Cors, request: RequestView): HeaderList {
  // A star alone allows what is asked for, and Envoy says so in words.
  const said = (list: string, asked: string) => (list === "*" ? (request.header(asked)?.join(",") ?? "") : list);
  return [
    ...(methods === "" ? [] : ["access-control-allow-methods", said(methods, "access-control-request-method")]),
    ...(headers === "" ? [] : ["access-control-allow-headers", said(headers, "access-control-request-headers")]),
    ...(maxAge === "" ? [] : ["access-control-max-age", maxAge]),
  ];
}

function exposedHeaders({ expose }: Cors): HeaderList {
  return expose === "" ? [] : ["access-control-expose-headers", expose];
}

/** The gateway's word replaces the application's. */
function asEdit(list: HeaderList): HeaderEdit {
  const names = list.filter((_, i) => i % 2 === 0);
  return { remove: [], write: names.map((name, i) => ({ name, value: list[2 * i + 1]!, append: false })) };
}
