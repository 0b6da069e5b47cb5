// Bugs in what stands around routing: protocols, connections, and what keeps a service on its feet.

import { bug, type PlantedBug } from "./plant.ts";

const PROTOCOLS: readonly PlantedBug[] = [
  bug(
    "trailers of an HTTP/2 answer are dropped",
    "upstreams/http2-call.ts",
    "(trailers) => (this.#trailers = incoming(trailerList(trailers)))",
    "() => undefined",
    "gRPC",
  ),
  bug(
    "trailers of an HTTP/2 request are dropped",
    "clients/http2-downstream.ts",
    "(this.#requestTrailers = trailerList(trailers))",
    "void trailers",
    "HTTP/2 upstreams",
  ),
  bug(
    "an answer that broke off ends well in HTTP/2",
    "clients/http2-downstream.ts",
    "this.#stream.destroy(BROKEN_OFF);",
    "this.#stream.end();",
    "HTTP/2 clients",
  ),
  bug("1xx answers are dropped", "exchange/exchange.ts", "this.#client.writeInformation(", "void (", "1xx"),
  bug("a port called grpc speaks HTTP/1.1", "compile/compile-protocol.ts", '["http2", "grpc"]', '["http2"]', "gRPC"),
  bug(
    "a port's appProtocol is overlooked",
    "compile/compile-protocol.ts",
    "(appProtocol ?? name)",
    "(name)",
    "HTTP/2 upstreams",
  ),
  bug(
    "the last cookie of an HTTP/2 client is the only one",
    "wire/http2-headers.ts",
    'cookies.join("; ")',
    "cookies.at(-1)!",
    "HTTP/2 clients",
  ),
  bug("a missing route is NOT_FOUND to a gRPC client", "exchange/grpc.ts", "404: 12", "404: 5", "gRPC"),
  bug("answers to gRPC clients are in HTTP", "exchange/grpc.ts", "contentType.length === 16 ||", "", "gRPC"),
  bug(
    "a gRPC client's deadline is ignored",
    "exchange/exchange.ts",
    'client.text("grpc-timeout")',
    "undefined",
    "gRPC",
  ),
  bug("UNAVAILABLE is not tried again", "exchange/retry.ts", '"14": "unavailable"', '"14": "internal"', "gRPC"),
  bug(
    "what HTTP/2 refuses unseen is not tried again",
    "exchange/retry.ts",
    'on.has("refused-stream")',
    "false",
    "HTTP/2 upstreams",
  ),
  bug(
    "a WebSocket's name is lower case",
    "clients/client-request.ts",
    'request.text("upgrade")?.toLowerCase() === "websocket"',
    'request.text("upgrade") === "websocket"',
    "WebSocket",
  ),
];

const STRENGTH: readonly PlantedBug[] = [
  bug(
    "an ejection never ends",
    "upstreams/outlier.ts",
    "const until = nowMs +",
    "const until = 1e9 + nowMs +",
    "outliers",
  ),
  bug("nobody is ejected", "upstreams/outlier.ts", "if (bad && nowMs", "if (!bad && nowMs", "outliers"),
  bug(
    "all endpoints may be ejected",
    "upstreams/outlier.ts",
    "> this.policy.maxEjectionPercent * all.length",
    "> 100 * all.length",
    "outliers",
  ),
  bug(
    "a success does not forgive errors",
    "upstreams/outlier.ts",
    "if (health !== undefined) health.errors = health.gatewayErrors = 0;",
    "",
    "outliers",
  ),
  bug("every error is a gateway's", "upstreams/outlier.ts", "code >= 502 && code <= 504 ?", "true ?", "outliers"),
  bug(
    "errors of gRPC eject nobody",
    "exchange/account.ts",
    "return httpStatusOf(grpcStatus) ?? status;",
    "return status;",
    "outliers",
  ),
  bug(
    "an overflow is tried again",
    "exchange/retry.ts",
    'if (failure.kind === "overflow") return false;',
    "",
    "connection pool",
  ),
  bug(
    "any number may wait for a connection",
    "upstreams/admission.ts",
    "this.#waiting.size + this.#connecting.size >= this.limits.maxPending",
    "false",
    "connection pool",
  ),
  bug(
    "connections are not limited",
    "compile/compile-connection-pool.ts",
    'const maxConnections = count("tcp.maxConnections", tcp?.maxConnections);',
    "const maxConnections = Infinity;",
    "connection pool",
  ),
  bug(
    "requests at once are not limited",
    "upstreams/admission.ts",
    "this.#running.size >= this.limits.maxRequests",
    "false",
    "connection pool",
  ),
  bug(
    "retries at once are not limited",
    "upstreams/retry-limit.ts",
    "if (this.#retrying >= this.#most(running)) return false;",
    "",
    "connection pool",
  ),
  bug(
    "connections are kept beyond their last request",
    "compile/compile-connection-pool.ts",
    'finite(count("http.maxRequestsPerConnection", http?.maxRequestsPerConnection))',
    "undefined",
    "connection pool",
  ),
  bug(
    "connecting may take eight times as long",
    "compile/compile-connection-pool.ts",
    'duration("tcp.connectTimeout", tcp?.connectTimeout, 1) || undefined',
    '8 * (duration("tcp.connectTimeout", tcp?.connectTimeout, 1) ?? 0) || undefined',
    "connecting",
  ),
  bug(
    "a hash by header takes any endpoint",
    "upstreams/hash.ts",
    'request.header(policy.name)?.join(",")',
    "undefined",
    "rules",
  ),
];

export const PLANTED_CONNECTIONS: readonly PlantedBug[] = [...PROTOCOLS, ...STRENGTH];
