// HTTPRoutes of Gateway API: which rule a request takes, and which backend. What is done with it on the way: http-route-filters.ts.

import type { CaseRequest, DifferentialCase } from "../case.ts";
import { destinationRule, service } from "../endpoints.ts";
import {
  backend,
  exact,
  grant,
  httpCase,
  prefix,
  regex,
  severalHttp,
  TO_V1,
  TO_V2,
  webGateway,
} from "./gateway-api-shapes.ts";
import { hosts, paths, V2, withHeaders } from "./shapes.ts";

/** Matching requests go to v1, others to v2. */
function matching(name: string, matches: readonly unknown[], requests: readonly CaseRequest[]): DifferentialCase {
  return httpCase(name, [{ backendRefs: TO_V2 }, { matches, backendRefs: TO_V1 }], requests);
}

const PATHS = paths("/", "/a", "/a/", "/a/b", "/A", "/ab", "/a?x=1", "/a/b?x=1", "/a//b", "/b", "/%61", "/a/b/c");
const header = (name: string, value: string, type = "Exact") => ({ headers: [{ name, value, type }] });
const query = (name: string, value: string, type = "Exact") => ({ queryParams: [{ name, value, type }] });
const status = (code: number) => [
  { type: "RequestRedirect", requestRedirect: { statusCode: code, hostname: `${code}.example` } },
];

const MATCHES: readonly DifferentialCase[] = [
  matching("exact path", [exact("/a")], PATHS),
  matching("prefix by path elements", [prefix("/a")], PATHS),
  matching("prefix with a slash at its end", [prefix("/a/")], PATHS),
  matching("regular expression over the whole path", [regex("/a.*")], PATHS),
  matching("header", [header("X-A", "1")], withHeaders([], [["x-a", "1"]], [["X-A", "1"]], [["x-a", "12"]])),
  matching(
    "header by a regular expression",
    [header("x-a", "1[0-9]?", "RegularExpression")],
    withHeaders([["x-a", "1"]], [["x-a", "12"]], [["x-a", "123"]], [["x-a", "a1"]]),
  ),
  matching(
    "two headers, both must hold",
    [
      {
        headers: [
          { name: "x-a", value: "1" },
          { name: "x-b", value: "2" },
        ],
      },
    ],
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
    "query parameter",
    [query("q", "1")],
    paths("/", "/?q=1", "/?q=2", "/?q=1&q=2", "/?q=2&q=1", "/?Q=1", "/?q"),
  ),
  matching(
    "query parameter by a regular expression",
    [query("q", "[0-9]+", "RegularExpression")],
    paths("/?q=12", "/?q=1a", "/?q="),
  ),
  matching(
    "method",
    [{ method: "POST" }],
    [{ method: "GET" }, { method: "POST", body: "x" }, { method: "PUT", body: "x" }],
  ),
  matching(
    "several matches, any may hold",
    [exact("/x"), { ...prefix("/y"), ...header("x-a", "1") }],
    [...paths("/x", "/y", "/x/y"), { path: "/y/z", headers: [["x-a", "1"]] }],
  ),
];

/** Each rule answers with a redirect of its own, so that one sees which it was. */
const rule = (code: number, ...matches: readonly unknown[]) => ({ matches, filters: status(code) });

const PRECEDENCE: readonly DifferentialCase[] = [
  httpCase(
    "paths: exact, then the longest prefix, then expressions, whatever the order",
    [
      rule(301, regex("/a/[a-z]+/long/enough/.*")),
      rule(302, prefix("/")),
      rule(303, prefix("/a")),
      rule(307, prefix("/a/b")),
      rule(308, exact("/a/b")),
    ],
    paths("/", "/a", "/a/b", "/a/b/c", "/a/x", "/a/x/long/enough/z", "/ab"),
  ),
  httpCase(
    "with equal paths: method, then headers, then query parameters",
    [
      rule(301, { ...prefix("/a"), ...query("q", "1") }),
      rule(302, prefix("/a")),
      rule(303, { ...prefix("/a"), ...header("x-a", "1") }),
      rule(307, { ...prefix("/a"), method: "POST" }),
      rule(308, {
        ...prefix("/a"),
        headers: [
          { name: "x-a", value: "1" },
          { name: "x-b", value: "2" },
        ],
      }),
    ],
    [
      ...paths("/a", "/a?q=1"),
      { path: "/a?q=1", headers: [["x-a", "1"]] },
      {
        path: "/a?q=1",
        headers: [
          ["x-a", "1"],
          ["x-b", "2"],
        ],
      },
      { path: "/a?q=1", method: "POST", headers: [["x-a", "1"]], body: "x" },
    ],
  ),
  httpCase(
    "equal matches: the first rule",
    [rule(301, prefix("/a")), rule(302, prefix("/a")), rule(303, exact("/b")), rule(307, exact("/b"))],
    paths("/a", "/b"),
  ),
  severalHttp(
    "routes of several objects are ordered together",
    [
      { rules: [rule(301, prefix("/a")), rule(302, prefix("/"))] },
      { rules: [rule(303, prefix("/a/b")), rule(307, prefix("/a"))] },
      { rules: [rule(308, { ...prefix("/a"), method: "PUT" })] },
    ],
    [...paths("/", "/a", "/a/b", "/a/c"), { path: "/a", method: "PUT", body: "x" }],
  ),
  httpCase(
    "a regular expression for everything is the last resort",
    [rule(301, regex(".*")), rule(302, prefix("/a")), rule(303, header("x-a", "1"))],
    [...paths("/", "/a"), { path: "/z", headers: [["x-a", "1"]] }],
  ),
];

const HOSTS: readonly DifferentialCase[] = [
  httpCase(
    "hostnames of the route within the listener's",
    [{ backendRefs: TO_V1 }],
    hosts("a.case.test", "b.case.test", "case.test", "x.a.case.test"),
    {
      listeners: [{ hostname: "*.case.test" }],
      hostnames: ["a.case.test", "nowhere.example"],
    },
  ),
  httpCase(
    "a wildcard of the route, a name of the listener",
    [{ backendRefs: TO_V1 }],
    hosts("a.case.test", "b.case.test", "case.test"),
    {
      listeners: [{ hostname: "a.case.test" }],
      hostnames: ["*.case.test"],
    },
  ),
  httpCase("two wildcards", [{ backendRefs: TO_V1 }], hosts("a.case.test", "a.b.case.test", "b.case.test"), {
    listeners: [{ hostname: "*.case.test" }],
    hostnames: ["*.b.case.test"],
  }),
  severalHttp(
    "the more specific host wins, with its rules alone",
    [
      {
        hostnames: ["*.case.test"],
        rules: [{ matches: [prefix("/only-wide")], backendRefs: TO_V1 }, { backendRefs: TO_V1 }],
      },
      { hostnames: ["a.case.test"], rules: [{ matches: [prefix("/a")], backendRefs: TO_V2 }] },
    ],
    [
      { host: "a.case.test", path: "/a" },
      { host: "a.case.test", path: "/only-wide" },
      { host: "b.case.test", path: "/only-wide" },
    ],
    { listeners: [{ hostname: "*.case.test" }] },
  ),
  severalHttp(
    "listeners are isolated: the one whose hostname is nearest has the host",
    [
      { parentRefs: [{ sectionName: "l0" }], rules: [{ backendRefs: TO_V1 }] },
      { parentRefs: [{ sectionName: "l1" }], rules: [{ matches: [prefix("/two")], backendRefs: TO_V2 }] },
    ],
    [
      { host: "x.case.test", path: "/two" },
      { host: "x.case.test", path: "/one" },
      { host: "a.case.test", path: "/two" },
      { host: "a.case.test", path: "/one" },
    ],
    { listeners: [{ hostname: "*.case.test" }, { hostname: "a.case.test" }] },
  ),
  severalHttp(
    "a host of a route at a wide listener, when another listener has it",
    [
      {
        parentRefs: [{ sectionName: "l0" }],
        hostnames: ["a.case.test", "b.case.test"],
        rules: [{ backendRefs: TO_V1 }],
      },
    ],
    hosts("a.case.test", "b.case.test"),
    { listeners: [{ hostname: "*.case.test" }, { hostname: "a.case.test" }] },
  ),
  severalHttp(
    "parents by port and by section",
    [
      { parentRefs: [{ port: 8081 }], rules: [{ backendRefs: TO_V1 }] },
      { parentRefs: [{ sectionName: "l0" }], rules: [{ backendRefs: TO_V2 }] },
    ],
    [{}, { port: 8081 }],
    { listeners: [{ hostname: "case.test" }, { hostname: "case.test", port: 8081 }] },
  ),
  severalHttp(
    "only routes of namespaces that the listener allows",
    [
      { namespace: "other", rules: [{ matches: [prefix("/other")], filters: status(302) }] },
      { rules: [{ matches: [prefix("/default")], filters: status(303) }] },
    ],
    paths("/other", "/default"),
    {
      listeners: [
        {
          hostname: "case.test",
          allowedRoutes: {
            namespaces: { from: "Selector", selector: { matchLabels: { "kubernetes.io/metadata.name": "other" } } },
          },
        },
      ],
    },
  ),
  httpCase("a listener for other kinds", [{ backendRefs: TO_V1 }], paths("/"), {
    listeners: [
      { hostname: "case.test", allowedRoutes: { namespaces: { from: "All" }, kinds: [{ kind: "GRPCRoute" }] } },
    ],
  }),
];

const otherService = { ...service("case-echo", { app: "nobody" }, [{ name: "http", port: 80, targetPort: 0 }]) };
const elsewhere = { ...otherService, metadata: { name: "case-echo", namespace: "other" } };

const BACKENDS: readonly DifferentialCase[] = [
  httpCase(
    "weights",
    [{ backendRefs: [backend("echo-v1", { weight: 3 }), backend("echo-v2", { weight: 1 })] }],
    [{ times: 200 }],
  ),
  httpCase(
    "a weight of zero beside others",
    [{ backendRefs: [backend("echo-v1", { weight: 0 }), backend("echo-v2", { weight: 5 })] }],
    [{ times: 10 }],
  ),
  httpCase(
    "every weight zero",
    [{ backendRefs: [backend("echo-v1", { weight: 0 })] }],
    [{}, { method: "POST", body: "x" }],
  ),
  httpCase("no backend at all", [{ matches: [prefix("/a")] }], paths("/a", "/b")),
  httpCase("a Service that is not there", [{ backendRefs: [backend("gone")] }], [{}]),
  httpCase(
    "a Service that is not there takes its share",
    [{ backendRefs: [backend("gone"), backend("echo-v1")] }],
    [{ times: 100 }],
  ),
  httpCase("a port that the Service has not", [{ backendRefs: [{ name: "echo-v1", port: 81 }] }], [{}]),
  httpCase("a Service without endpoints", [{ backendRefs: [backend("empty")] }], [{}]),
  httpCase(
    "a backend of a kind that nobody knows",
    [{ backendRefs: [backend("echo-v1", { group: "storage.example", kind: "Bucket" })] }],
    [{}],
  ),
  httpCase(
    "a Service of another namespace, not granted",
    [{ backendRefs: [backend("case-echo", { namespace: "other" })] }],
    [{}],
    {
      objects: [elsewhere],
    },
  ),
  httpCase(
    "a grant for the Service: it is asked, and has nobody",
    [{ backendRefs: [backend("case-echo", { namespace: "other" })] }],
    [{}],
    {
      objects: [elsewhere, grant("HTTPRoute", { name: "case-echo" })],
    },
  ),
  httpCase("a grant for another Service", [{ backendRefs: [backend("case-echo", { namespace: "other" })] }], [{}], {
    objects: [elsewhere, grant("HTTPRoute", { name: "case-else" })],
  }),
  httpCase(
    "a grant for another kind of route",
    [{ backendRefs: [backend("case-echo", { namespace: "other" })] }],
    [{}],
    {
      objects: [elsewhere, grant("GRPCRoute")],
    },
  ),
  httpCase(
    "a rule that makes no sense takes its whole object out of service",
    [
      { matches: [prefix("/good")], backendRefs: TO_V1 },
      {
        matches: [prefix("/bad")],
        filters: [{ type: "ExtensionRef", extensionRef: { group: "x.example", kind: "X", name: "x" } }],
        backendRefs: TO_V1,
      },
    ],
    paths("/good", "/bad"),
  ),
  httpCase(
    "a DestinationRule of the backend",
    [{ backendRefs: [backend("case-hashed")] }],
    [{ headers: [["x-user", "jane"]], times: 12, byEndpoint: true, sticky: true }],
    {
      objects: [
        service("case-hashed", { app: "echo" }, [{ name: "http", port: 80, targetPort: 0 }]),
        destinationRule("case-hashed", {
          trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } },
        }),
      ],
    },
  ),
];

const SLOW = [{ status: 200, delayMs: 600 }] as const;
const LIMITS: readonly DifferentialCase[] = [
  httpCase(
    "limit of the whole request",
    [{ timeouts: { request: "200ms" }, backendRefs: TO_V1 }],
    [{ upstream: SLOW, takesMs: [150, 450] }, {}],
  ),
  httpCase(
    "limit of an attempt, without retries",
    [{ timeouts: { backendRequest: "200ms" }, backendRefs: TO_V1 }],
    [{ upstream: SLOW, takesMs: [150, 450] }],
  ),
  httpCase(
    "both limits: the attempt's is the request's",
    [{ timeouts: { request: "2s", backendRequest: "200ms" }, backendRefs: TO_V1 }],
    [{ upstream: SLOW, takesMs: [150, 450] }],
  ),
  httpCase(
    "a limit of zero is none",
    [{ timeouts: { request: "0s" }, backendRefs: TO_V1 }],
    [{ upstream: SLOW, takesMs: [550, 1_500] }],
  ),
  httpCase(
    "retries that nobody asked for",
    [{ backendRefs: TO_V1 }],
    [{ upstream: ["reset", { status: 200 }] }, { upstream: [{ status: 503 }, { status: 200 }] }],
  ),
];

/** The suite's Gateway is older, or first by its name where both are of one second. */
const LATER = "zz-case-web";

const TOGETHER: readonly DifferentialCase[] = [
  {
    ...severalHttp(
      "beside a VirtualService on the same host",
      [
        {
          parentRefs: [{ name: LATER }],
          rules: [
            { matches: [prefix("/a")], backendRefs: TO_V1 },
            { matches: [prefix("/route")], backendRefs: TO_V1 },
          ],
        },
      ],
      paths("/a", "/a/b", "/route", "/virtual", "/"),
      { listeners: [], objects: [webGateway([{ hostname: "case.test" }], LATER)] },
    ),
    routes: [
      {
        http: [
          { match: [{ uri: { prefix: "/a" } }], route: V2 },
          { match: [{ uri: { prefix: "/virtual" } }], route: V2 },
          { route: V2 },
        ],
      },
    ],
  },
  severalHttp(
    "one route at two listeners, and two routes at one",
    [
      { hostnames: ["a.case.test", "b.case.test"], rules: [{ backendRefs: TO_V1 }] },
      { parentRefs: [{ sectionName: "l1" }], rules: [{ matches: [prefix("/b")], backendRefs: TO_V2 }] },
    ],
    [
      { host: "a.case.test", path: "/b" },
      { host: "b.case.test", path: "/b" },
      { host: "b.case.test", path: "/c" },
    ],
    { listeners: [{ hostname: "a.case.test" }, { hostname: "b.case.test" }] },
  ),
  httpCase(
    "a client that speaks HTTP/2",
    [
      {
        matches: [prefix("/a")],
        filters: [
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/x" } } },
        ],
        backendRefs: TO_V1,
      },
    ],
    [{ protocol: "h2c", path: "/a/b" }],
  ),
];

export const HTTP_ROUTE_CASES: readonly DifferentialCase[] = [
  ...MATCHES,
  ...PRECEDENCE,
  ...HOSTS,
  ...BACKENDS,
  ...LIMITS,
  ...TOGETHER,
];
