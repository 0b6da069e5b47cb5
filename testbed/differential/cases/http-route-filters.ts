// Filters of HTTPRoutes: headers, rewrites, redirects, mirrors, CORS.

import type { CaseRequest, DifferentialCase } from "../case.ts";
import { backend, exact, httpCase, prefix, TO_V1 } from "./gateway-api-shapes.ts";
import { paths, withHeaders } from "./shapes.ts";

const headers = (side: "request" | "response", operations: object) => ({
  type: side === "request" ? "RequestHeaderModifier" : "ResponseHeaderModifier",
  [`${side}HeaderModifier`]: operations,
});
const pairs = (...all: readonly (readonly [string, string])[]) => all.map(([name, value]) => ({ name, value }));
const UPSTREAM = [{ status: 200, headers: [["x-old", "old"] as const, ["x-gone", "1"] as const] }];
const OPERATIONS = {
  set: pairs(["X-Old", "new"]),
  add: pairs(["x-more", "1"], ["x-old", "added"]),
  remove: ["x-gone"],
};
const SENT: CaseRequest = {
  headers: [
    ["x-old", "old"],
    ["x-gone", "1"],
    ["x-more", "0"],
  ],
  upstream: UPSTREAM,
};

const FILTERS: readonly DifferentialCase[] = [
  httpCase(
    "request and response headers",
    [{ filters: [headers("request", OPERATIONS), headers("response", OPERATIONS)], backendRefs: TO_V1 }],
    [SENT],
  ),
  httpCase(
    "headers of a single backend",
    [
      {
        filters: [headers("request", OPERATIONS)],
        backendRefs: [
          backend("echo-v1", {
            filters: [headers("request", { set: pairs(["x-old", "backend"]) }), headers("response", OPERATIONS)],
          }),
        ],
      },
    ],
    [SENT],
  ),
  httpCase(
    "headers of each of two backends",
    [
      {
        backendRefs: ["v1", "v2"].map((version) =>
          backend(`echo-${version}`, {
            filters: [
              headers("request", { set: pairs(["x-chosen", version]) }),
              headers("response", { add: pairs(["x-chosen", version]) }),
            ],
          }),
        ),
      },
    ],
    [{ times: 60 }],
  ),
  httpCase(
    "header names that differ in case alone: the first entry counts",
    [
      {
        filters: [headers("request", { set: pairs(["x-Twice", "first"], ["X-TWICE", "second"]) })],
        backendRefs: TO_V1,
      },
    ],
    [{}],
  ),
  httpCase(
    "a Host that is set",
    [{ filters: [headers("request", { set: pairs(["Host", "inside.example"]) })], backendRefs: TO_V1 }],
    [{}],
  ),
  httpCase(
    "response headers on answers of the gateway's own",
    [
      {
        filters: [headers("response", { set: pairs(["x-own", "1"]) })],
        backendRefs: [backend("echo-v1", { weight: 0 })],
      },
    ],
    [{}],
  ),
];

const rewrite = (urlRewrite: object) => ({ type: "URLRewrite", urlRewrite });
const full = (replaceFullPath: string) => ({ path: { type: "ReplaceFullPath", replaceFullPath } });
const part = (replacePrefixMatch: string) => ({ path: { type: "ReplacePrefixMatch", replacePrefixMatch } });
const redirect = (requestRedirect: object) => ({ type: "RequestRedirect", requestRedirect });
const LONG = paths("/a", "/a/", "/a/b", "/a/b?x=1", "/a//b", "/a?x=1");

function rewriting(name: string, match: object, urlRewrite: object, requests = LONG): DifferentialCase {
  return httpCase(
    `rewrite: ${name}`,
    [{ matches: [match], filters: [rewrite(urlRewrite)], backendRefs: TO_V1 }],
    requests,
  );
}

function redirecting(name: string, match: object, requestRedirect: object, requests = LONG): DifferentialCase {
  return httpCase(`redirect: ${name}`, [{ matches: [match], filters: [redirect(requestRedirect)] }], requests);
}

const PLACES: readonly DifferentialCase[] = [
  rewriting("the prefix", prefix("/a"), part("/x")),
  rewriting("the prefix, with slashes at both ends", prefix("/a/"), part("/x/")),
  rewriting("the prefix goes", prefix("/a"), part("/")),
  rewriting("the prefix, by nothing", prefix("/a"), part("")),
  rewriting("the root", prefix("/"), part("/x"), paths("/", "/a", "/a/b?x=1")),
  rewriting("the root by the root", prefix("/"), part("/"), paths("/", "/a", "/a/b?x=1")),
  rewriting("the whole path", prefix("/a"), full("/x/y")),
  rewriting("the whole path of an exact match", exact("/a"), full("/x"), paths("/a", "/a?x=1")),
  rewriting("the host", prefix("/a"), { hostname: "inside.example" }),
  rewriting("host and path", prefix("/a"), { hostname: "inside.example", ...part("/x") }),
  redirecting("the host", prefix("/a"), { hostname: "new.example" }),
  redirecting("the scheme", prefix("/a"), { scheme: "https" }),
  redirecting("the scheme and a port of its own", prefix("/a"), { scheme: "https", port: 8443 }),
  redirecting("the port", prefix("/a"), { port: 8080 }),
  redirecting("the scheme's own port", prefix("/a"), { scheme: "http", port: 80 }),
  redirecting("the whole path", prefix("/a"), { ...full("/x"), statusCode: 301 }),
  redirecting("the prefix", prefix("/a"), part("/x")),
  redirecting("the prefix by the root", prefix("/a"), part("/")),
  redirecting("the prefix, with a slash at its end", prefix("/a"), part("/x/")),
  redirecting("a Host with a port", prefix("/a"), { ...full("/x") }, [{ path: "/a", host: "case.test:8080" }]),
  httpCase(
    "redirect: from another port of the gateway",
    [{ filters: [redirect({ ...full("/x") })] }],
    [{ port: 8081 }, {}],
    {
      listeners: [{ hostname: "case.test" }, { hostname: "case.test", port: 8081 }],
    },
  ),
];

const MIRRORED = { mirrored: true } as const;
const mirror = (name: string, more: object = {}) => ({
  type: "RequestMirror",
  requestMirror: { backendRef: backend(name), ...more },
});
const ORIGIN = "https://shop.example";
const cors = (more: object) => ({ type: "CORS", cors: more });
const preflight = (origin: string): CaseRequest => ({
  method: "OPTIONS",
  headers: [
    ["origin", origin],
    ["access-control-request-method", "PUT"],
  ],
});

const COPIES_AND_ORIGINS: readonly DifferentialCase[] = [
  httpCase(
    "mirror",
    [{ filters: [mirror("echo-v2")], backendRefs: TO_V1 }],
    [MIRRORED, { ...MIRRORED, method: "POST", body: "copied" }],
  ),
  httpCase("two mirrors", [{ filters: [mirror("echo-v2"), mirror("alone")], backendRefs: TO_V1 }], [MIRRORED]),
  httpCase("mirror of nothing", [{ filters: [mirror("echo-v2", { percent: 0 })], backendRefs: TO_V1 }], [MIRRORED]),
  httpCase(
    "mirror of a share",
    [{ filters: [mirror("echo-v2", { percent: 40 })], backendRefs: TO_V1 }],
    [{ ...MIRRORED, times: 60 }],
  ),
  httpCase(
    "mirror of a fraction",
    [{ filters: [mirror("echo-v2", { fraction: { numerator: 1, denominator: 3 } })], backendRefs: TO_V1 }],
    [{ ...MIRRORED, times: 60 }],
  ),
  httpCase("mirror to a Service that is not there", [{ filters: [mirror("gone")], backendRefs: TO_V1 }], [MIRRORED]),
  httpCase(
    "CORS",
    [
      {
        filters: [
          cors({
            allowOrigins: [ORIGIN, "https://*.wild.example"],
            allowMethods: ["PUT", "GET"],
            allowHeaders: ["x-a", "x-b"],
            exposeHeaders: ["x-c"],
            allowCredentials: true,
            maxAge: 600,
          }),
        ],
        backendRefs: TO_V1,
      },
    ],
    [
      preflight(ORIGIN),
      preflight("https://a.wild.example"),
      preflight("https://evil.example"),
      ...withHeaders([["origin", ORIGIN]], [["origin", "https://evil.example"]], []),
    ],
  ),
  httpCase(
    "CORS for every origin",
    [{ filters: [cors({ allowOrigins: ["*"], allowMethods: ["*"], allowHeaders: ["*"] })], backendRefs: TO_V1 }],
    [preflight(ORIGIN), preflight("null"), ...withHeaders([["origin", ORIGIN]])],
  ),
];

export const HTTP_ROUTE_FILTER_CASES: readonly DifferentialCase[] = [...FILTERS, ...PLACES, ...COPIES_AND_ORIGINS];
