// Which route a request takes, by everything that a match can ask for.

import type { DifferentialCase } from "../case.ts";
import { matching, one, paths, V1, V2, withHeaders } from "./shapes.ts";

const PATHS = paths("/", "/a", "/a/", "/a/b", "/A", "/ab", "/a?x=1", "/a/b?x=1", "/b", "/%61", "/x/a");

const URI: DifferentialCase[] = [
  matching("uri", "exact", { uri: { exact: "/a" } }, PATHS),
  matching("uri", "exact root", { uri: { exact: "/" } }, PATHS),
  matching("uri", "exact with a slash at the end", { uri: { exact: "/a/" } }, PATHS),
  matching("uri", "prefix", { uri: { prefix: "/a" } }, PATHS),
  matching("uri", "prefix with a slash at the end", { uri: { prefix: "/a/" } }, PATHS),
  matching("uri", "prefix root", { uri: { prefix: "/" } }, PATHS),
  matching("uri", "regex over the whole path", { uri: { regex: "/a" } }, PATHS),
  matching("uri", "regex with alternatives", { uri: { regex: "/(a|b)" } }, PATHS),
  matching("uri", "regex with any rest", { uri: { regex: "/a.*" } }, PATHS),
  matching("uri", "regex for everything", { uri: { regex: ".*" } }, PATHS),
  matching("uri", "regex without case by its own flag", { uri: { regex: "(?i)/a" } }, PATHS),
  matching("uri", "regex of digits", { uri: { regex: "/v\\d+/x" } }, paths("/v1/x", "/v12/x", "/v/x", "/v1/x/y")),
  matching("uri", "regex with anchors", { uri: { regex: "^/a$" } }, PATHS),
  matching(
    "uri",
    "exact without case",
    { uri: { exact: "/Ab" }, ignoreUriCase: true },
    paths("/ab", "/AB", "/Ab", "/abc"),
  ),
  matching(
    "uri",
    "prefix without case",
    { uri: { prefix: "/Ab" }, ignoreUriCase: true },
    paths("/ab", "/ABc", "/a", "/xab"),
  ),
  matching("uri", "regex keeps its case", { uri: { regex: "/ab.*" }, ignoreUriCase: true }, paths("/abc", "/ABC")),
  matching(
    "uri",
    "several matches, any may hold",
    [{ uri: { exact: "/a" } }, { uri: { prefix: "/b/" } }],
    paths("/a", "/b", "/b/", "/b/c"),
  ),
  matching("uri", "exact holds an escape", { uri: { exact: "/a%2Fb" } }, paths("/a%2Fb", "/a%2fb", "/a/b")),
  one(
    "uri",
    "the first route that matches wins",
    [
      { match: [{ uri: { prefix: "/a/b" } }], route: V1 },
      { match: [{ uri: { prefix: "/a" } }], directResponse: { status: 201 } },
      { match: [{ uri: { exact: "/a/b/c" } }], directResponse: { status: 202 } },
      { route: V2 },
    ],
    paths("/a/b", "/a/b/c", "/a/c", "/c"),
  ),
  one(
    "uri",
    "more routes than are tried one by one",
    [
      ...Array.from({ length: 12 }, (_, i) => ({
        match: [{ uri: { exact: `/r${i}` } }],
        directResponse: { status: 200, body: { string: `exact ${i}` } },
      })),
      ...Array.from({ length: 6 }, (_, i) => ({
        match: [{ uri: { prefix: `/r${i}` } }],
        directResponse: { status: 200, body: { string: `prefix ${i}` } },
      })),
      { match: [{ uri: { regex: "/r1\\d+x" } }], directResponse: { status: 200, body: { string: "regex" } } },
      {
        match: [{ uri: { prefix: "/R" }, ignoreUriCase: true }],
        directResponse: { status: 200, body: { string: "no case" } },
      },
    ],
    paths("/r0", "/r11", "/r1/x", "/r10x", "/r99x", "/r5y", "/R7", "/rz", "/other"),
  ),
  one("uri", "no route matches", [{ match: [{ uri: { exact: "/a" } }], route: V1 }], paths("/a", "/b")),
];

const METHOD: DifferentialCase[] = [
  matching("method", "exact", { method: { exact: "GET" } }, [{}, { method: "POST", body: "x" }, { method: "HEAD" }]),
  matching("method", "regex", { method: { regex: "P.*" } }, [
    {},
    { method: "POST", body: "x" },
    { method: "PUT", body: "" },
    { method: "PATCH", body: "y" },
  ]),
  matching("method", "prefix", { method: { prefix: "P" } }, [{}, { method: "POST", body: "x" }, { method: "DELETE" }]),
  matching("method", "exact is case-sensitive", { method: { exact: "get" } }, [{}]),
  matching("method", "OPTIONS", { method: { exact: "OPTIONS" } }, [{ method: "OPTIONS" }, {}]),
];

const SAMPLES = withHeaders(
  [],
  [["x-a", "1"]],
  [["x-a", "12"]],
  [["X-A", "1"]],
  [
    ["x-a", "1"],
    ["x-a", "2"],
  ],
  [["x-a", ""]],
  [["x-b", "1"]],
);

const TWO_LINES = (name: string, first = "a=1", second = "b=2") =>
  withHeaders(
    [
      [name, first],
      [name, second],
    ],
    [[name, second]],
  );

const HEADERS: DifferentialCase[] = [
  matching("headers", "exact", { headers: { "x-a": { exact: "1" } } }, SAMPLES),
  matching("headers", "prefix", { headers: { "x-a": { prefix: "1" } } }, SAMPLES),
  matching("headers", "regex", { headers: { "x-a": { regex: "\\d+" } } }, SAMPLES),
  matching("headers", "regex over the whole value", { headers: { "x-a": { regex: "1" } } }, SAMPLES),
  matching("headers", "present", { headers: { "x-a": {} } }, SAMPLES),
  matching("headers", "name in capitals", { headers: { "X-A": { exact: "1" } } }, SAMPLES),
  matching("headers", "repeated ones are joined", { headers: { "x-a": { exact: "1,2" } } }, SAMPLES),
  matching(
    "headers",
    "two must both hold",
    { headers: { "x-a": { exact: "1" }, "x-b": { exact: "2" } } },
    withHeaders(
      [["x-a", "1"]],
      [
        ["x-a", "1"],
        ["x-b", "2"],
      ],
      [["x-b", "2"]],
    ),
  ),
  matching(
    "headers",
    "a cookie by regex",
    { headers: { cookie: { regex: "^(.*?;)?\\s*(user=jane)(;.*)?$" } } },
    withHeaders([["cookie", "user=jane"]], [["cookie", "a=b; user=jane; c=d"]], [["cookie", "user=janet"]]),
  ),
  matching(
    "headers",
    "user-agent",
    { headers: { "user-agent": { regex: ".*Firefox.*" } } },
    withHeaders([["user-agent", "Mozilla Firefox/1"]], [["user-agent", "curl"]], []),
  ),
  matching(
    "headers",
    "the value's case counts",
    { headers: { "x-a": { exact: "Yes" } } },
    withHeaders([["x-a", "yes"]], [["x-a", "Yes"]]),
  ),
  matching(
    "headers",
    "x-forwarded-proto that the gateway sets",
    { headers: { "x-forwarded-proto": { exact: "http" } } },
    withHeaders([], [["x-forwarded-proto", "https"]]),
  ),
  matching(
    "headers",
    "x-request-id that the client sent",
    { headers: { "x-request-id": { exact: "mine" } } },
    withHeaders([["x-request-id", "mine"]], []),
  ),
  matching(
    "headers",
    "x-forwarded-for that the client sent",
    { headers: { "x-forwarded-for": { prefix: "9.9.9.9" } } },
    withHeaders([["x-forwarded-for", "9.9.9.9"]], []),
  ),
  matching("headers", "the second of repeated ones", { headers: { "x-a": { exact: "2" } } }, SAMPLES),
  ...["cookie", "accept", "user-agent", "x-custom", "authorization"].flatMap((name) =>
    ["a=1", "b=2", "a=1; b=2", "a=1,b=2"].map((exact) =>
      matching("headers", `${name} "${exact}" of two lines`, { headers: { [name]: { exact } } }, TWO_LINES(name)),
    ),
  ),
  matching(
    "headers",
    "x-forwarded-for of two lines",
    { headers: { "x-forwarded-for": { regex: "1,2,.*" } } },
    TWO_LINES("x-forwarded-for", "1", "2"),
  ),
  ...["connection", "keep-alive", "proxy-connection", "te", "proxy-authorization"].map((name) =>
    matching("headers", `${name}, which is for one hop`, { headers: { [name]: {} } }, withHeaders([[name, "x"]])),
  ),
  matching("headers", "spaces around a value", { headers: { "x-a": { exact: "1" } } }, withHeaders([["x-a", " 1 "]])),
  matching("headers", "content-type", { headers: { "content-type": { prefix: "application/json" } } }, [
    { method: "POST", body: "{}", headers: [["content-type", "application/json; charset=utf-8"]] },
    { method: "POST", body: "x", headers: [["content-type", "text/plain"]] },
  ]),
  matching("headers", "host as a header", { headers: { host: { exact: "case.test" } } }, [{}, { host: "CASE.test" }]),
  matching(
    "headers",
    "one that is taken off before matching",
    { headers: { "x-envoy-retry-on": { exact: "5xx" } } },
    withHeaders([["x-envoy-retry-on", "5xx"]]),
  ),
];

const WITHOUT: DifferentialCase[] = [
  matching("withoutHeaders", "exact", { withoutHeaders: { "x-a": { exact: "1" } } }, SAMPLES),
  matching("withoutHeaders", "present", { withoutHeaders: { "x-a": {} } }, SAMPLES),
  matching("withoutHeaders", "regex", { withoutHeaders: { "x-a": { regex: "\\d+" } } }, SAMPLES),
  matching(
    "withoutHeaders",
    "regex that an empty value matches",
    { withoutHeaders: { "x-a": { regex: "\\d*" } } },
    SAMPLES,
  ),
  matching("withoutHeaders", "prefix", { withoutHeaders: { "x-a": { prefix: "1" } } }, SAMPLES),
  matching(
    "withoutHeaders",
    "together with a header",
    { headers: { "x-b": {} }, withoutHeaders: { "x-a": {} } },
    withHeaders(
      [["x-b", "1"]],
      [
        ["x-a", "1"],
        ["x-b", "1"],
      ],
      [],
    ),
  ),
];

const QUERIES = paths(
  "/",
  "/?q=1",
  "/?q=12",
  "/?q",
  "/?q=",
  "/?p=1",
  "/?p=1&q=1",
  "/?q=1&q=2",
  "/?q=2&q=1",
  "/?Q=1",
  "/?q=%31",
  "/?xq=1",
  "/?&q=1",
  "/?q=1#f",
);

const QUERY: DifferentialCase[] = [
  matching("queryParams", "exact", { queryParams: { q: { exact: "1" } } }, QUERIES),
  matching("queryParams", "prefix", { queryParams: { q: { prefix: "1" } } }, QUERIES),
  matching("queryParams", "regex", { queryParams: { q: { regex: "\\d+" } } }, QUERIES),
  matching("queryParams", "present", { queryParams: { q: {} } }, QUERIES),
  matching("queryParams", "exact empty text", { queryParams: { q: { exact: "" } } }, QUERIES),
  matching("queryParams", "an escaped value", { queryParams: { q: { exact: "%31" } } }, QUERIES),
  matching("queryParams", "two of them", { queryParams: { p: { exact: "1" }, q: { exact: "1" } } }, QUERIES),
  matching(
    "queryParams",
    "a value with a plus sign",
    { queryParams: { q: { exact: "a+b" } } },
    paths("/?q=a+b", "/?q=a%20b", "/?q=a b".replace(" ", "%2B")),
  ),
];

const AUTHORITIES = [{}, { host: "case.test:80" }, { host: "case.test:8080" }, { host: "CASE.test" }];

const REST: DifferentialCase[] = [
  matching("authority", "exact", { authority: { exact: "case.test" } }, AUTHORITIES),
  matching("authority", "exact with a port", { authority: { exact: "case.test:8080" } }, AUTHORITIES),
  matching("authority", "prefix", { authority: { prefix: "case" } }, AUTHORITIES),
  matching("authority", "regex", { authority: { regex: "case\\.test(:\\d+)?" } }, AUTHORITIES),
  matching("scheme", "http", { scheme: { exact: "http" } }, [{}, { headers: [["x-forwarded-proto", "https"]] }]),
  matching("scheme", "https", { scheme: { exact: "https" } }, [{}, { headers: [["x-forwarded-proto", "https"]] }]),
  matching("port", "this one", { port: 80 }, [{}, { port: 8081 }]),
  matching("port", "the other one", { port: 8081 }, [{}, { port: 8081 }]),
  matching("port", "none that is open", { port: 9999 }, [{}, { port: 8081 }]),
  matching("gateways", "this gateway", { gateways: ["default/suite-gateway"] }, [{}]),
  matching("gateways", "this gateway by its short name", { gateways: ["suite-gateway"] }, [{}]),
  matching("gateways", "mesh only", { gateways: ["mesh"] }, [{}]),
  matching("gateways", "another one", { gateways: ["default/elsewhere"] }, [{}]),
  matching("source", "labels of the gateway", { sourceLabels: { istio: "ingressgateway" } }, [{}]),
  matching("source", "labels of another workload", { sourceLabels: { app: "sleep" } }, [{}]),
  matching("source", "namespace of the gateway", { sourceNamespace: "istio-system" }, [{}]),
  matching("source", "another namespace", { sourceNamespace: "default" }, [{}]),
  matching(
    "source",
    "labels beside a gateway list",
    { gateways: ["default/suite-gateway"], sourceLabels: { app: "sleep" } },
    [{}],
  ),
  matching(
    "combined",
    "uri, method, header, query",
    {
      uri: { prefix: "/a" },
      method: { exact: "GET" },
      headers: { "x-a": { exact: "1" } },
      queryParams: { q: { exact: "1" } },
    },
    [
      { path: "/a?q=1", headers: [["x-a", "1"]] },
      { path: "/a?q=2", headers: [["x-a", "1"]] },
      { path: "/a?q=1" },
      { path: "/b?q=1", headers: [["x-a", "1"]] },
      { path: "/a?q=1", headers: [["x-a", "1"]], method: "POST", body: "x" },
    ],
  ),
  matching("combined", "an empty match", [{}], [{}]),
  matching("combined", "a named match", { name: "m", uri: { prefix: "/a" } }, paths("/a", "/b")),
];

export const MATCH_CASES: readonly DifferentialCase[] = [...URI, ...METHOD, ...HEADERS, ...WITHOUT, ...QUERY, ...REST];
