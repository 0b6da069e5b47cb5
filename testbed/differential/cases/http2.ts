// HTTP/2 from the client (by prior knowledge), towards upstreams that speak it, and from one protocol to the other.

import type { CaseRequest, DifferentialCase, UpstreamAnswer } from "../case.ts";
import { destinationRule, type ServicePort, service } from "../endpoints.ts";
import { one, to, V1, V2 } from "./shapes.ts";

const h2 = (extra: CaseRequest = {}): CaseRequest => ({ protocol: "h2c", ...extra });
const from = (name: string, requests: readonly CaseRequest[], more: Record<string, unknown> = {}): DifferentialCase =>
  one("HTTP/2 clients", name, [{ ...more, route: V1 }], requests.map(h2));

/** A Service of the case's own in front of the echo endpoints: how its port is called says what they speak. */
const upstreamOf = (
  name: string,
  port: Partial<ServicePort>,
  requests: readonly CaseRequest[],
  more: Record<string, unknown> = {},
  rule: Record<string, unknown> = {},
): DifferentialCase => ({
  ...one("HTTP/2 upstreams", name, [{ ...more, route: [to("case-echo", "v1")] }], requests),
  objects: [
    service("case-echo", { app: "echo" }, [{ name: "http", port: 80, targetPort: 0, ...port }]),
    destinationRule("case-echo", rule),
  ],
});
const HTTP2_PORT = { name: "http2" };
const both = (request: CaseRequest): CaseRequest[] => [request, h2(request)];
const answered = (answer: Partial<UpstreamAnswer>, sent: CaseRequest = {}): CaseRequest => ({
  ...sent,
  upstream: [{ status: 200, ...answer }],
});
const text = (bytes: number) =>
  Array.from({ length: Math.ceil(bytes / 8) }, (_, i) => String(i).padStart(8, "x"))
    .join("")
    .slice(0, bytes);

const CLIENTS: readonly DifferentialCase[] = [
  from("what it sends arrives", [
    {},
    {
      path: "/a/b?q=1",
      headers: [
        ["X-Mixed-Case", "1"],
        ["x-two", "a"],
        ["x-two", "b"],
        ["user-agent", "suite"],
      ],
    },
    {
      headers: [
        ["cookie", "a=1"],
        ["cookie", "b=2"],
      ],
    },
    { headers: [["te", "trailers"]] },
    { headers: [["x-empty", ""]] },
    { path: "*", method: "OPTIONS" },
  ]),
  from(
    "methods",
    ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"].map((method) => ({ method })),
  ),
  from("bodies", [
    { method: "POST", body: "payload" },
    { method: "POST", body: text(100_000) },
    { method: "POST", body: text(1_000_000) },
    { method: "POST", pieces: ["one", "two", "three"], gapMs: 30 },
    { method: "POST", body: "" },
    { method: "POST", pieces: [""] },
    { method: "GET", body: "x" },
    answered({ body: text(100_000) }),
    answered({ body: text(1_000_000) }),
    answered({ pieces: ["first", "second"], gapMs: 600 }, { startsMs: [0, 450] }),
    answered({ body: "" }),
    answered({ status: 204 }),
    answered({ status: 304 }),
  ]),
  from("answers", [
    ...[200, 201, 301, 404, 418, 500, 599].map((status) => answered({ status })),
    answered({
      headers: [
        ["X-Resp", "1"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["connection", "close"],
      ],
    }),
    answered({
      headers: [
        ["server", "own"],
        ["x-envoy-upstream-service-time", "1"],
      ],
    }),
  ]),
  from("trailers", [
    answered({ pieces: ["a"], trailers: [["x-t", "1"]] }),
    answered({ pieces: ["a"], trailers: [["x-t", "1"]] }, { headers: [["te", "trailers"]] }),
    { method: "POST", pieces: ["a"], trailers: [["x-t", "1"]] },
    { method: "POST", pieces: ["a"], trailers: [["x-t", "1"]], headers: [["te", "trailers"]] },
  ]),
  from("1xx", [
    answered({ informs: [[103, [["link", "</a.css>"]]]] }),
    { method: "POST", body: "payload", headers: [["expect", "100-continue"]] },
  ]),
  from("upstreams that fail", [
    { upstream: ["reset"] },
    { upstream: ["garbage"] },
    answered({ pieces: ["first"], breaksOff: true }),
    answered({ body: "first", headers: [["content-length", "100"]], breaksOff: true }),
  ]),
  from(
    "retries",
    [
      { upstream: [{ status: 503 }, { status: 200 }] },
      { method: "POST", body: "payload", upstream: ["reset", { status: 200 }] },
    ],
    { retries: { attempts: 2, retryOn: "5xx", backoff: "2ms" } },
  ),
  from(
    "time limits",
    [
      { upstream: ["hang"], takesMs: [190, 3_000] },
      { method: "POST", body: "payload", upstream: ["hang"] },
      answered({ pieces: ["first", "second"], gapMs: 500 }),
    ],
    { timeout: "0.2s" },
  ),
  from(
    "header operations",
    [
      {
        headers: [
          ["x-a", "1"],
          ["x-b", "1"],
        ],
      },
    ],
    {
      headers: {
        request: { set: { "x-set": "1", Host: "new.example" }, add: { "x-a": "2" }, remove: ["x-b"] },
        response: { set: { "X-R": "1" }, remove: ["content-type"] },
      },
    },
  ),
  from("rewrite", [{ path: "/a/b?q=1" }], { rewrite: { uri: "/new", authority: "new.example" } }),
  from("mirrors", [{ mirrored: true }, { method: "POST", body: "payload", mirrored: true }], {
    mirror: { host: "echo.default.svc.cluster.local", subset: "v2" },
  }),
  from("faults", [{}, { method: "HEAD" }], { fault: { abort: { httpStatus: 418, percentage: { value: 100 } } } }),
  from(
    "CORS",
    [
      {
        method: "OPTIONS",
        headers: [
          ["origin", "http://a.example"],
          ["access-control-request-method", "PUT"],
        ],
      },
    ],
    {
      corsPolicy: { allowOrigins: [{ exact: "http://a.example" }], allowMethods: ["PUT"] },
    },
  ),
  from("many at once", [{ times: 40, concurrent: true, exactly: true, upstream: [{ status: 200, delayMs: 30 }] }]),
  one(
    "HTTP/2 clients",
    "hosts",
    [{ route: V1 }],
    ["CASE.test", "case.test:80", "case.test:8080", "other.test"].map((host) => h2({ host })),
  ),
  one(
    "HTTP/2 clients",
    "matches",
    [
      {
        match: [
          { headers: { "x-a": { exact: "1" } }, uri: { prefix: "/a" } },
          { authority: { exact: "case.test:80" } },
        ],
        route: V1,
      },
      { match: [{ scheme: { exact: "http" }, method: { exact: "PUT" } }], route: [to("alone")] },
      { route: V2 },
    ],
    [
      h2({ path: "/a", headers: [["x-a", "1"]] }),
      h2({ path: "/a" }),
      h2({ host: "case.test:80" }),
      h2({ method: "PUT" }),
    ],
  ),
  one(
    "HTTP/2 clients",
    "answers of the gateway",
    [
      { match: [{ uri: { exact: "/redirect" } }], redirect: { uri: "/new" } },
      { match: [{ uri: { exact: "/direct" } }], directResponse: { status: 200, body: { string: "direct" } } },
      { match: [{ uri: { exact: "/empty" } }], route: [to("empty")] },
      { match: [{ uri: { exact: "/dead" } }], route: [to("dead")] },
      { match: [{ uri: { exact: "/v9" } }], route: [to("echo", "v9")] },
    ],
    ["/redirect", "/direct", "/empty", "/dead", "/v9", "/none"].flatMap((path) => [
      h2({ path }),
      h2({ path, method: "HEAD" }),
      h2({ path, method: "POST", body: "payload" }),
    ]),
  ),
  one(
    "HTTP/2 clients",
    "weights",
    [{ route: [to("echo", "v1", { weight: 70 }), to("echo", "v2", { weight: 30 })] }],
    [h2({ times: 400 })],
  ),
];

const UPSTREAMS: readonly DifferentialCase[] = [
  ...["http2", "http2-web", "grpc", "grpc-web", "http", "web", "tcp", "https", "mongo"].map((name) =>
    upstreamOf(`a port called ${name}`, { name }, both({})),
  ),
  ...["http2", "grpc", "kubernetes.io/h2c", "kubernetes.io/ws", "http", "grpc-web", "odd"].map((appProtocol) =>
    upstreamOf(`a port with appProtocol ${appProtocol}`, { name: "web", appProtocol }, both({})),
  ),
  upstreamOf("appProtocol before the name", { name: "http2", appProtocol: "http" }, both({})),
  upstreamOf("what is sent arrives", HTTP2_PORT, [
    ...both({
      path: "/a/b?q=1",
      headers: [
        ["X-Mixed-Case", "1"],
        ["x-two", "a"],
        ["x-two", "b"],
        ["te", "trailers"],
      ],
    }),
    ...both({ headers: [["cookie", "a=1; b=2"]] }),
    {
      headers: [
        ["connection", "x-hop"],
        ["x-hop", "1"],
        ["keep-alive", "timeout=5"],
        ["te", "gzip"],
      ],
    },
  ]),
  upstreamOf("methods and bodies", HTTP2_PORT, [
    ...both({ method: "HEAD" }),
    ...both({ method: "POST", body: "payload" }),
    ...both({ method: "POST", body: text(1_000_000) }),
    ...both({ method: "POST", pieces: ["one", "two"], gapMs: 30 }),
    ...both({ method: "DELETE" }),
    ...both(answered({ body: text(1_000_000) })),
    ...both(answered({ pieces: ["first", "second"], gapMs: 600 }, { startsMs: [0, 450] })),
    ...both(answered({ status: 204 })),
    ...both(answered({ body: "" })),
  ]),
  upstreamOf("answers", HTTP2_PORT, [
    ...both(
      answered({
        status: 404,
        headers: [
          ["x-resp", "1"],
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      }),
    ),
    ...both(answered({ informs: [[103, [["link", "</a.css>"]]]] })),
  ]),
  upstreamOf("trailers", HTTP2_PORT, [
    ...both(answered({ pieces: ["a"], trailers: [["x-t", "1"]] })),
    ...both(answered({ pieces: ["a"], trailers: [["x-t", "1"]] }, { headers: [["te", "trailers"]] })),
    ...both({ method: "POST", pieces: ["a"], trailers: [["x-t", "1"]] }),
  ]),
  upstreamOf("that fail", HTTP2_PORT, [
    ...both({ upstream: ["reset"] }),
    ...both({ upstream: ["refuse"] }),
    ...both({ upstream: ["refuse", { status: 200 }] }),
    ...both(answered({ pieces: ["first"], breaksOff: true })),
  ]),
  upstreamOf("that end the connection", HTTP2_PORT, both({ upstream: ["garbage"] })),
  upstreamOf(
    "retries",
    HTTP2_PORT,
    [
      ...both({ upstream: [{ status: 503 }, { status: 200 }] }),
      ...both({ method: "POST", body: "payload", upstream: ["reset", { status: 200 }] }),
    ],
    { retries: { attempts: 2, retryOn: "5xx", backoff: "2ms" } },
  ),
  upstreamOf("no retries of what is refused", HTTP2_PORT, both({ upstream: ["refuse", { status: 200 }] }), {
    retries: { attempts: 0 },
  }),
  upstreamOf("time limits", HTTP2_PORT, [...both({ upstream: ["hang"], takesMs: [190, 3_000] })], { timeout: "0.2s" }),
  upstreamOf("header operations and rewrite", HTTP2_PORT, both({ headers: [["x-b", "1"]] }), {
    rewrite: { uri: "/new", authority: "new.example" },
    headers: { request: { set: { "X-Set": "1" }, remove: ["x-b"] }, response: { set: { "x-r": "1" } } },
  }),
  {
    ...upstreamOf("many at once by one connection", HTTP2_PORT, [
      { times: 20, concurrent: true, exactly: true, byConnection: true, upstream: [{ status: 200, delayMs: 60 }] },
      { times: 3, exactly: true, byConnection: true },
    ]),
    objects: [
      service("case-echo", { version: "v1", mixed: "yes" }, [{ name: "http2", port: 80, targetPort: 0 }]),
      destinationRule("case-echo"),
    ],
  },
  upstreamOf(
    "upgraded by a rule",
    {},
    both({}),
    {},
    {
      trafficPolicy: { connectionPool: { http: { h2UpgradePolicy: "UPGRADE" } } },
    },
  ),
  upstreamOf(
    "as the client speaks",
    {},
    both({}),
    {},
    {
      trafficPolicy: { connectionPool: { http: { useClientProtocol: true } } },
    },
  ),
  upstreamOf(
    "as the client speaks, on a port called http2",
    HTTP2_PORT,
    both({}),
    {},
    {
      trafficPolicy: { connectionPool: { http: { useClientProtocol: true } } },
    },
  ),
  {
    ...one(
      "HTTP/2 upstreams",
      "a mirror that speaks it",
      [{ route: V1, mirror: { host: "case-echo.default.svc.cluster.local" } }],
      both({ mirrored: true, method: "POST", body: "payload" }),
    ),
    objects: [service("case-echo", { alone: "yes" }, [{ name: "http2", port: 80, targetPort: 0 }])],
  },
  {
    ...one("HTTP/2 upstreams", "that refuse connections", [{ route: [to("case-dead")] }], both({})),
    objects: [service("case-dead", { app: "dead" }, [{ name: "http2", port: 80, targetPort: 0 }])],
  },
];

export const HTTP2_CASES: readonly DifferentialCase[] = [...CLIENTS, ...UPSTREAMS];
