// Header operations of a route and of a destination, in both directions; and what a gateway adds and takes by itself.

import type { CaseRequest, DifferentialCase } from "../case.ts";
import { one, to, V1, withHeaders } from "./shapes.ts";

type Operations = { set?: Record<string, string>; add?: Record<string, string>; remove?: string[] };
type Edits = { request?: Operations; response?: Operations };

const SENT: CaseRequest[] = [
  {
    headers: [
      ["x-a", "1"],
      ["x-b", "2"],
      ["X-B", "3"],
    ],
    upstream: [
      {
        status: 200,
        headers: [
          ["x-r", "orig"],
          ["x-two", "a"],
          ["x-two", "b"],
          ["Set-Cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      },
    ],
  },
  {},
];

const routeLevel = (name: string, headers: Edits, requests = SENT) =>
  one("header operations", `route: ${name}`, [{ headers, route: V1 }], requests);
const destinationLevel = (name: string, headers: Edits, requests = SENT) =>
  one("header operations", `destination: ${name}`, [{ route: [to("echo", "v1", { headers })] }], requests);
const bothLevels = (name: string, route: Edits, destination: Edits, requests = SENT) =>
  one(
    "header operations",
    `both: ${name}`,
    [{ headers: route, route: [to("echo", "v1", { headers: destination })] }],
    requests,
  );
const weighted = (name: string, route: Edits, destination: Edits, requests = SENT) =>
  one(
    "header operations",
    `both, of two destinations: ${name}`,
    [
      {
        headers: route,
        route: [to("echo", "v1", { weight: 100, headers: destination }), to("echo", "v2", { weight: 0 })],
      },
    ],
    requests,
  );
const request = (operations: Operations): Edits => ({ request: operations });
const response = (operations: Operations): Edits => ({ response: operations });

const OPERATIONS: DifferentialCase[] = [routeLevel, destinationLevel].flatMap((level) => [
  level("request set", request({ set: { "x-a": "new", "x-n": "n" } })),
  level("request add", request({ add: { "x-a": "more", "x-n": "n" } })),
  level("request remove", request({ remove: ["x-a", "X-B", "x-none"] })),
  level(
    "request set, add and remove of one name",
    request({ set: { "x-a": "s" }, add: { "x-a": "a" }, remove: ["x-a"] }),
  ),
  level("request set in capitals", request({ set: { "X-Upper": "V" }, add: { "X-A": "More" } })),
  level("request Host", request({ set: { Host: "other.example" } })),
  level("request :authority", request({ set: { ":authority": "other.example" } })),
  level("request Host is added", request({ add: { Host: "other.example" } })),
  level("request Host is not removed", request({ remove: ["Host"] })),
  level("request user-agent", request({ set: { "user-agent": "suite" } }), withHeaders([["user-agent", "curl"]], [])),
  level("request x-request-id", request({ set: { "x-request-id": "fixed" } })),
  level("request x-forwarded-for removed", request({ remove: ["x-forwarded-for", "x-forwarded-proto"] })),
  level("request percent sign", request({ set: { "x-p": "100%%" } })),
  level("request empty value", request({ set: { "x-empty": "" } })),
  level("response set", response({ set: { "x-r": "new", "x-n": "n" } })),
  level("response add", response({ add: { "x-r": "more", "x-two": "c" } })),
  level("response remove", response({ remove: ["x-r", "X-Two", "set-cookie"] })),
  level("response server", response({ set: { server: "suite" } })),
  level("response server removed", response({ remove: ["server", "date", "x-envoy-upstream-service-time"] })),
  level("response content-type", response({ set: { "content-type": "text/x" } })),
  level("response set-cookie added", response({ add: { "set-cookie": "c=3" } })),
  level("response on an answer of its own", response({ set: { "x-r": "new" } }), [
    { upstream: [{ status: 503, body: "down" }] },
  ]),
]);

const LEVELS: DifferentialCase[] = [bothLevels, weighted].flatMap((level) => [
  level("both set", request({ set: { "x-n": "route" } }), request({ set: { "x-n": "destination" } })),
  level("both add", request({ add: { "x-n": "route" } }), request({ add: { "x-n": "destination" } })),
  level("both Host", request({ set: { Host: "route.example" } }), request({ set: { Host: "destination.example" } })),
  level(
    "route removes what the destination sets",
    request({ remove: ["x-n"] }),
    request({ set: { "x-n": "destination" } }),
  ),
  level("destination removes what the route sets", request({ set: { "x-n": "route" } }), request({ remove: ["x-n"] })),
  level("responses, both set", response({ set: { "x-r": "route" } }), response({ set: { "x-r": "destination" } })),
  level("responses, both add", response({ add: { "x-r": "route" } }), response({ add: { "x-r": "destination" } })),
  level("responses, set here and removed there", response({ set: { "x-n": "route" } }), response({ remove: ["x-n"] })),
]);

const plain = (feature: string, name: string, requests: CaseRequest[]) => one(feature, name, [{ route: V1 }], requests);

const OWN: DifferentialCase[] = [
  plain("forwarded headers", "none sent", [{}]),
  plain(
    "forwarded headers",
    "x-forwarded-for sent",
    withHeaders(
      [["x-forwarded-for", "1.2.3.4"]],
      [["x-forwarded-for", "1.2.3.4, 5.6.7.8"]],
      [
        ["x-forwarded-for", "1.2.3.4"],
        ["x-forwarded-for", "5.6.7.8"],
      ],
      [["x-forwarded-for", ""]],
      [["x-forwarded-for", "nonsense"]],
    ),
  ),
  plain(
    "forwarded headers",
    "x-forwarded-proto sent",
    withHeaders([["x-forwarded-proto", "https"]], [["x-forwarded-proto", "ftp"]]),
  ),
  plain(
    "forwarded headers",
    "x-forwarded-host and port sent",
    withHeaders([
      ["x-forwarded-host", "a.example"],
      ["x-forwarded-port", "99"],
    ]),
  ),
  plain(
    "forwarded headers",
    "forwarded and via sent",
    withHeaders([
      ["forwarded", "for=1.2.3.4"],
      ["via", "1.1 x"],
      ["x-real-ip", "1.2.3.4"],
    ]),
  ),
  plain(
    "request id",
    "sent by the client",
    withHeaders([["x-request-id", "mine"]], [["X-Request-Id", "11111111-2222-4333-8444-555555555555"]], []),
  ),
  plain(
    "tracing headers",
    "pass",
    withHeaders([
      ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
      ["b3", "0"],
      ["x-b3-traceid", "463ac35c9f6413ad"],
      ["x-b3-sampled", "1"],
      ["x-client-trace-id", "t"],
      ["x-ot-span-context", "o"],
    ]),
  ),
  plain(
    "control headers",
    "taken off",
    withHeaders(
      [
        ["x-envoy-retry-on", "5xx"],
        ["x-envoy-max-retries", "9"],
        ["x-envoy-upstream-rq-timeout-ms", "1"],
      ],
      [
        ["x-envoy-internal", "true"],
        ["x-envoy-external-address", "9.9.9.9"],
        ["x-envoy-decorator-operation", "x"],
        ["x-envoy-attempt-count", "7"],
      ],
      [
        ["x-envoy-original-path", "/p"],
        ["x-envoy-original-host", "h"],
        ["x-envoy-peer-metadata", "m"],
        ["x-envoy-peer-metadata-id", "i"],
      ],
      [
        ["x-envoy-downstream-service-cluster", "c"],
        ["x-envoy-hedge-on-per-try-timeout", "true"],
        ["x-envoy-force-trace", "true"],
        ["x-envoy-expected-rq-timeout-ms", "5"],
      ],
      [
        ["x-envoy-unknown", "kept"],
        ["x-istio-attributes", "a"],
      ],
    ),
  ),
  plain(
    "hop-by-hop headers",
    "taken off",
    withHeaders(
      [["connection", "keep-alive"]],
      [
        ["connection", "x-a"],
        ["x-a", "1"],
        ["x-b", "2"],
      ],
      [["keep-alive", "timeout=5"]],
      [["proxy-connection", "keep-alive"]],
      [["proxy-authorization", "Basic x"]],
      [["te", "gzip"]],
      [["connection", "close"]],
    ),
  ),
  plain(
    "passed headers",
    "kept as they are",
    withHeaders(
      [
        ["accept", "*/*"],
        ["accept-encoding", "gzip"],
        ["authorization", "Bearer x"],
        ["user-agent", "u"],
        ["referer", "r"],
        ["origin", "https://o.example"],
      ],
      [
        ["X-Mixed-Case", "Kept Value"],
        ["x-many", "1"],
        ["X-Many", "2"],
        ["x-many", "3"],
      ],
      [
        ["cookie", "a=1"],
        ["cookie", "b=2"],
      ],
      [
        ["x-latin", "caf\u00e9"],
        ["x-empty", ""],
        ["x-spaces", "a  b"],
      ],
      [
        ["range", "bytes=0-1"],
        ["if-none-match", '"x"'],
        ["cache-control", "no-cache"],
      ],
    ),
  ),
  plain("response headers", "of the upstream", [
    {
      upstream: [
        {
          status: 200,
          headers: [
            ["server", "mine"],
            ["x-powered-by", "p"],
          ],
        },
      ],
    },
    { upstream: [{ status: 200, headers: [["date", "Tue, 01 Jan 2030 00:00:00 GMT"]] }] },
    { upstream: [{ status: 200, headers: [["x-without-date", "1"]] }] },
    {
      upstream: [
        {
          status: 200,
          headers: [
            ["x-envoy-upstream-service-time", "5"],
            ["x-envoy-attempt-count", "3"],
            ["x-request-id", "up"],
          ],
        },
      ],
    },
    {
      upstream: [
        {
          status: 200,
          headers: [
            ["X-Mixed-Case", "V"],
            ["vary", "a"],
            ["Vary", "b"],
            ["set-cookie", "a=1"],
            ["Set-Cookie", "b=2"],
          ],
        },
      ],
    },
    {
      upstream: [
        {
          status: 200,
          headers: [
            ["connection", "close"],
            ["keep-alive", "timeout=9"],
          ],
        },
      ],
    },
    {
      upstream: [
        {
          status: 200,
          headers: [
            ["x-envoy-overloaded", "true"],
            ["x-envoy-immediate-health-check-fail", "1"],
            ["x-envoy-decorator-operation", "d"],
          ],
        },
      ],
    },
    { upstream: [{ status: 302, headers: [["location", "/elsewhere"]] }] },
    { upstream: [{ status: 401, headers: [["www-authenticate", "Basic"]] }] },
  ]),
  plain(
    "statuses",
    "pass",
    [200, 201, 204, 206, 301, 304, 400, 404, 409, 418, 429, 500, 501, 502, 503, 504, 599].map((status) => ({
      upstream: [{ status }],
    })),
  ),
  plain("methods", "pass", [
    { method: "HEAD" },
    { method: "DELETE" },
    { method: "OPTIONS" },
    { method: "PUT", body: "p" },
    { method: "PATCH", body: "q" },
    { method: "POST", body: "" },
    { method: "POST", body: "x".repeat(70_000) },
    { method: "DELETE", body: "d" },
    { method: "TRACE" },
    { method: "PROPFIND" },
    { method: "GET", body: "odd" },
  ]),
  plain("headers in bulk", "large ones", [
    { headers: [["x-large", "x".repeat(8_000)]] },
    { headers: [["x-large", "x".repeat(30_000)]] },
    { headers: [["x-large", "x".repeat(59_000)]] },
    { headers: [["x-large", "x".repeat(62_000)]] },
  ]),
  plain(
    "headers in bulk",
    "many",
    [90, 97, 99, 100, 101].map((count) => ({
      headers: Array.from({ length: count - 2 }, (_, i): [string, string] => [`x-h${i}`, "v"]),
    })),
  ),
  plain("headers in bulk", "a large answer", [
    { upstream: [{ status: 200, headers: [["x-large", "y".repeat(30_000)]], body: "z".repeat(100_000) }] },
  ]),
];

const REPEATED = [
  "accept",
  "accept-language",
  "cache-control",
  "content-language",
  "forwarded",
  "if-match",
  "pragma",
  "te",
  "upgrade-insecure-requests",
  "via",
  "warning",
  "x-custom",
  ..."accept-encoding access-control-request-headers access-control-request-method authorization origin referer".split(
    " ",
  ),
  ..."user-agent content-type if-none-match if-modified-since if-range x-forwarded-host grpc-accept-encoding".split(
    " ",
  ),
].map(
  (name): CaseRequest => ({
    headers: [
      [name, "a"],
      [name, "b"],
    ],
  }),
);

const REPEATED_BACK = [
  "access-control-allow-methods",
  "access-control-expose-headers",
  "allow",
  "cache-control",
  "content-encoding",
  "content-language",
  "etag",
  "link",
  "location",
  "vary",
  "via",
  "warning",
  "www-authenticate",
  "x-custom",
  "retry-after",
  "age",
  "expires",
  ..."access-control-allow-origin access-control-allow-headers access-control-allow-credentials access-control-max-age".split(
    " ",
  ),
  ..."last-modified pragma content-disposition accept-ranges strict-transport-security x-request-id grpc-status".split(
    " ",
  ),
].map(
  (name): CaseRequest => ({
    upstream: [
      {
        status: 200,
        headers: [
          [name, "a"],
          [name, "b"],
        ],
      },
    ],
  }),
);

const MORE: DifferentialCase[] = [
  plain("repeated headers", "of the client", REPEATED),
  plain("repeated headers", "of the upstream", REPEATED_BACK),
  routeLevel("request set of an empty value over one that is there", request({ set: { "x-a": "" } })),
  routeLevel("response set of an empty value over one that is there", response({ set: { "x-r": "" } })),
  routeLevel("response date", response({ set: { date: "Tue, 01 Jan 2030 00:00:00 GMT" } })),
  weighted("destination's Host under a rewrite", {}, request({ set: { Host: "destination.example" } })),
  one(
    "header operations",
    "of two destinations: a rewrite's authority over the destination's Host",
    [
      {
        rewrite: { authority: "rewrite.example" },
        route: [
          to("echo", "v1", { weight: 100, headers: request({ set: { Host: "destination.example" } }) }),
          to("echo", "v2", { weight: 0 }),
        ],
      },
    ],
    [{}],
  ),
  one(
    "header operations",
    "on a redirect",
    [
      {
        redirect: { uri: "/new" },
        headers: { request: { set: { "x-a": "1" } }, response: { add: { "x-r": "1" }, set: { location: "/mine" } } },
      },
    ],
    [{}],
  ),
];

export const HEADER_CASES: readonly DifferentialCase[] = [...OPERATIONS, ...LEVELS, ...OWN, ...MORE];
