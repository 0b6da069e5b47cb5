// gRPC: calls as a client sends them, in HTTP/2 with trailers, and how the gateway's own answers look to such a client.
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

import type { CaseRequest, DifferentialCase, HeaderPairs, UpstreamAnswer, UpstreamStep } from "../case.ts";
import { destinationRule, service } from "../endpoints.ts";
import { one, to, V1 } from "./shapes.ts";

/** One message with its five bytes before: not compressed, its length. */
function message(text: string): string {
  return `\0${String.fromCharCode(...[24, 16, 8, 0].map((bits) => (text.length >>> bits) & 255))}${text}`;
}

const GRPC: HeaderPairs = [["content-type", "application/grpc"]];
const call = (extra: Partial<CaseRequest> = {}, more: HeaderPairs = []): CaseRequest => ({
  protocol: "h2c",
  method: "POST",
  path: "/suite.Echo/Say",
  pieces: [message("hello")],
  headers: [...GRPC, ["te", "trailers"], ...more],
  upstream: [ANSWER],
  ...extra,
});
/** The answer of a server: messages, then the status in trailers. */
const answer = (status = 0, more: HeaderPairs = [], pieces = [message("hi")]): UpstreamAnswer => ({
  status: 200,
  headers: GRPC,
  pieces,
  trailers: [["grpc-status", String(status)], ...more],
});
const ANSWER = answer();
/** An error without any message: its status is in the headers, and there is nothing else. */
const error = (status: number, more: HeaderPairs = []): UpstreamAnswer => ({
  status: 200,
  headers: [...GRPC, ["grpc-status", String(status)], ...more],
  pieces: [],
});
const plan = (...upstream: readonly UpstreamStep[]): CaseRequest => call({ upstream });

/** A route to a Service whose port is called grpc. */
const toGrpc = (
  name: string,
  requests: readonly CaseRequest[],
  more: Record<string, unknown> = {},
): DifferentialCase => ({
  ...one("gRPC", name, [{ ...more, route: [to("case-grpc", "v1")] }], requests),
  objects: [
    service("case-grpc", { app: "echo" }, [{ name: "grpc", port: 80, targetPort: 0 }]),
    destinationRule("case-grpc"),
  ],
});
const all = { percentage: { value: 100 } };
const STATUSES = Array.from({ length: 17 }, (_, status) => status);
const CONDITIONS = ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"];

const CALLS: readonly DifferentialCase[] = [
  toGrpc("one message each way", [
    call(),
    call({}, [
      ["x-meta", "1"],
      ["x-meta-bin", "AAE="],
      ["user-agent", "grpc-suite/1"],
    ]),
  ]),
  toGrpc("many messages to the client", [
    plan({ ...answer(0, [], ["a", "b", "c"].map(message)), gapMs: 300 }),
    call({ upstream: [{ ...answer(0, [], ["a", "b"].map(message)), gapMs: 600 }], startsMs: [0, 450] }),
    plan(answer(0, [], [message("x".repeat(100_000)), message("y".repeat(300_000))])),
  ]),
  toGrpc("many messages to the upstream", [
    call({ pieces: ["a", "b", "c"].map(message), gapMs: 50 }),
    call({ pieces: [message("x".repeat(300_000))] }),
  ]),
  toGrpc(
    "every status, without messages",
    STATUSES.map((status) => plan(error(status, [["grpc-message", "no%20luck"]]))),
    {
      retries: { attempts: 0 },
    },
  ),
  toGrpc(
    "errors after messages",
    [13, 14].map((status) =>
      plan(
        answer(status, [
          ["grpc-message", "half"],
          ["x-detail-bin", "AAE="],
        ]),
      ),
    ),
  ),
  toGrpc(
    "kinds of content",
    [
      "application/grpc+proto",
      "application/grpc+json",
      "application/grpc-web",
      "application/grpc;charset=utf-8",
      "application/grpcx",
      "APPLICATION/GRPC",
    ].map((type) =>
      call({
        headers: [
          ["content-type", type],
          ["te", "trailers"],
        ],
      }),
    ),
  ),
  toGrpc("upstreams that fail", [
    plan("reset"),
    plan("refuse"),
    plan({ ...ANSWER, breaksOff: true }),
    plan({ status: 503, body: "plain" }),
    plan({ status: 404, body: "plain" }),
    plan({ status: 200, headers: GRPC, pieces: [message("no status")] }),
  ]),
  toGrpc("header operations", [call({}, [["x-b", "1"]]), plan(error(5))], {
    headers: {
      request: { set: { "x-set": "1" }, remove: ["x-b"] },
      response: { set: { "x-r": "1" }, remove: ["grpc-message"] },
    },
  }),
  {
    ...one(
      "gRPC",
      "by service and method",
      [
        { match: [{ uri: { exact: "/suite.Echo/Say" } }], route: [to("case-grpc", "v1")] },
        {
          match: [{ uri: { prefix: "/suite.Echo/" }, headers: { "x-meta": { exact: "1" } } }],
          route: [to("case-grpc", "v2")],
        },
      ],
      [call(), call({ path: "/suite.Echo/Other" }, [["x-meta", "1"]]), call({ path: "/suite.Echo/Other" })],
    ),
    objects: [
      service("case-grpc", { app: "echo" }, [{ name: "grpc", port: 80, targetPort: 0 }]),
      destinationRule("case-grpc"),
    ],
  },
  {
    ...one(
      "gRPC",
      "weights",
      [{ route: [to("case-grpc", "v1", { weight: 75 }), to("case-grpc", "v2", { weight: 25 })] }],
      [call({ times: 400 })],
    ),
    objects: [
      service("case-grpc", { app: "echo" }, [{ name: "grpc", port: 80, targetPort: 0 }]),
      destinationRule("case-grpc"),
    ],
  },
  toGrpc("mirrors", [call({ mirrored: true })], {
    mirror: { host: "case-grpc.default.svc.cluster.local", subset: "v2" },
  }),
  toGrpc("many at once", [
    call({ times: 30, concurrent: true, exactly: true, upstream: [{ ...ANSWER, delayMs: 30 }] }),
  ]),
  one(
    "gRPC",
    "to an upstream that speaks HTTP/1.1",
    [{ route: V1 }],
    [call(), plan(error(14)), plan({ status: 200, body: "plain" })],
  ),
  toGrpc("from a client that speaks HTTP/1.1", [
    {
      method: "POST",
      path: "/suite.Echo/Say",
      pieces: [message("hello")],
      headers: [...GRPC, ["te", "trailers"]],
      upstream: [ANSWER],
    },
    { method: "POST", path: "/suite.Echo/Say", pieces: [message("hello")], headers: GRPC, upstream: [error(5)] },
  ]),
];

const RETRIES: readonly DifferentialCase[] = [
  toGrpc(
    "retries by default",
    STATUSES.map((status) => plan(error(status), ANSWER)),
  ),
  ...CONDITIONS.map((condition) =>
    toGrpc(
      `retries on ${condition}`,
      [1, 4, 8, 13, 14, 2].map((status) => plan(error(status), ANSWER)),
      {
        retries: { attempts: 2, retryOn: condition, backoff: "2ms" },
      },
    ),
  ),
  toGrpc("retries of what fails on", [plan(error(14)), plan("refuse"), plan({ status: 503 })], {
    retries: { attempts: 2, retryOn: "unavailable,refused-stream,5xx", backoff: "2ms" },
  }),
  toGrpc("no retry of a status in trailers", [plan(answer(14), ANSWER), plan(answer(14, [], []), ANSWER)], {
    retries: { attempts: 2, retryOn: "unavailable", backoff: "2ms" },
  }),
];

const OWN: readonly DifferentialCase[] = [
  one(
    "gRPC",
    "answers of the gateway",
    [
      { match: [{ uri: { exact: "/redirect" } }], redirect: { uri: "/new" } },
      ...[200, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504].map((status) => ({
        match: [{ uri: { exact: `/direct/${status}` } }],
        directResponse: { status, body: { string: "direct, 100% sure" } },
      })),
      { match: [{ uri: { exact: "/direct" } }], directResponse: { status: 403 } },
      { match: [{ uri: { exact: "/empty" } }], route: [to("empty")] },
      { match: [{ uri: { exact: "/dead" } }], route: [to("dead")] },
      { match: [{ uri: { exact: "/v9" } }], route: [to("echo", "v9")] },
      { match: [{ uri: { exact: "/edited" } }], headers: { response: { set: { "x-r": "1" } } }, route: [to("empty")] },
    ],
    [
      "/redirect",
      "/direct",
      ...[200, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504].map((status) => `/direct/${status}`),
      "/empty",
      "/dead",
      "/v9",
      "/edited",
      "/none",
    ].map((path) => call({ path })),
  ),
  ...[400, 401, 403, 404, 429, 500, 503, 504, 599].map((httpStatus) =>
    toGrpc(`aborted with ${httpStatus}`, [call()], { fault: { abort: { httpStatus, ...all } } }),
  ),
  ...["UNAVAILABLE", "NOT_FOUND", "DEADLINE_EXCEEDED"].map((grpcStatus) =>
    toGrpc(`aborted with ${grpcStatus}`, [call(), {}, { protocol: "h2c" }], {
      fault: { abort: { grpcStatus, ...all } },
    }),
  ),
  toGrpc("time limit", [call({ upstream: ["hang"], takesMs: [190, 3_000] }), plan({ ...ANSWER, delayMs: 600 })], {
    timeout: "0.2s",
  }),
  toGrpc("time limit of one try", [call({ upstream: ["hang"], takesMs: [190, 3_000] })], {
    retries: { attempts: 1, perTryTimeout: "0.1s", retryOn: "5xx", backoff: "2ms" },
  }),
  toGrpc(
    "the client's time limit",
    [
      call({ upstream: ["hang"], takesMs: [190, 3_000] }, [["grpc-timeout", "200m"]]),
      call({ upstream: [{ ...ANSWER, delayMs: 500 }] }, [["grpc-timeout", "200m"]]),
      call({}, [["grpc-timeout", "x"]]),
      call({}, [["grpc-timeout", "1S"]]),
    ],
    { timeout: "2s" },
  ),
  toGrpc("the client's time limit on a route without one", [
    call({ upstream: [{ ...ANSWER, delayMs: 500 }] }, [["grpc-timeout", "200m"]]),
  ]),
];

export const GRPC_CASES: readonly DifferentialCase[] = [...CALLS, ...RETRIES, ...OWN];
