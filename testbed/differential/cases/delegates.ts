// Cross-origin requests, and VirtualServices that hand a part of their host to others.

import type { CaseRequest, DifferentialCase, RouteObject } from "../case.ts";
import { many, one, paths, to, V1, V2 } from "./shapes.ts";

const origin = (value: string, extra: Partial<CaseRequest> = {}): CaseRequest => ({
  ...extra,
  headers: [["origin", value], ...(extra.headers ?? [])],
});
const preflight = (value: string, asked = "PUT"): CaseRequest =>
  origin(value, {
    method: "OPTIONS",
    headers: [
      ["access-control-request-method", asked],
      ["access-control-request-headers", "x-a"],
    ],
  });
const ORIGINS: CaseRequest[] = [
  {},
  ...["https://good.example", "https://bad.example", "https://GOOD.example", "null", ""].map((each) => origin(each)),
  ...["https://good.example", "https://bad.example"].map((each) => preflight(each)),
  origin("https://good.example", { method: "OPTIONS" }),
  { method: "OPTIONS", headers: [["access-control-request-method", "PUT"]] },
  preflight("https://good.example", "PATCH"),
  origin("https://good.example", { method: "OPTIONS", headers: [["access-control-request-method", "PUT"]] }),
  origin("https://good.example", {
    upstream: [
      {
        status: 200,
        headers: [
          ["access-control-allow-origin", "*"],
          ["access-control-expose-headers", "x-up"],
        ],
      },
    ],
  }),
  origin("https://good.example", { method: "POST", body: "x" }),
  origin("https://good.example", { upstream: [{ status: 503 }] }),
];
const GOOD = { allowOrigins: [{ exact: "https://good.example" }] };

const cors = (
  name: string,
  corsPolicy: unknown,
  requests = ORIGINS,
  more: Record<string, unknown> = {},
): DifferentialCase => one("cors", name, [{ corsPolicy, ...more, route: V1 }], requests);

const CORS: DifferentialCase[] = [
  cors("an exact origin", GOOD),
  cors("everything set", {
    ...GOOD,
    allowMethods: ["GET", "PUT"],
    allowHeaders: ["x-a", "x-b"],
    exposeHeaders: ["x-c"],
    maxAge: "24h",
    allowCredentials: true,
  }),
  cors("any origin", { allowOrigins: [{ exact: "*" }] }),
  cors("any origin with credentials", {
    allowOrigins: [{ exact: "*" }],
    allowCredentials: true,
    allowMethods: ["*"],
    allowHeaders: ["*"],
  }),
  cors("any method and header without credentials", { ...GOOD, allowMethods: ["*"], allowHeaders: ["*"] }),
  cors("any method among others, with credentials", {
    ...GOOD,
    allowMethods: ["*", "GET"],
    allowHeaders: ["*", "x-b"],
    exposeHeaders: ["*"],
    allowCredentials: true,
  }),
  cors("a prefix", { allowOrigins: [{ prefix: "https://good" }] }),
  cors("a regex", { allowOrigins: [{ regex: "https://[a-z]+\\.example" }] }),
  cors("two origins", { allowOrigins: [{ exact: "https://other.example" }, { regex: ".*good.*" }] }),
  cors("no origins", { allowMethods: ["GET"] }),
  cors("credentials refused", { ...GOOD, allowCredentials: false }),
  cors("unmatched preflights are forwarded", { ...GOOD, unmatchedPreflights: "FORWARD" }),
  cors("unmatched preflights are ignored", { ...GOOD, allowMethods: ["GET"], unmatchedPreflights: "IGNORE" }),
  cors("with response headers of the route", { ...GOOD, exposeHeaders: ["x-c"] }, ORIGINS, {
    headers: { response: { set: { "access-control-allow-origin": "mine", "x-r": "1" } } },
  }),
  one(
    "cors",
    "on a route to nobody",
    [{ corsPolicy: GOOD, route: [to("empty")] }],
    [origin("https://good.example"), preflight("https://good.example")],
  ),
  one(
    "cors",
    "with a fault",
    [{ corsPolicy: GOOD, fault: { abort: { httpStatus: 503, percentage: { value: 100 } } }, route: V1 }],
    [origin("https://good.example"), preflight("https://good.example")],
  ),
  one(
    "cors",
    "where a match asks for the method",
    [{ match: [{ method: { exact: "GET" } }], corsPolicy: GOOD, route: V1 }],
    [origin("https://good.example"), preflight("https://good.example")],
  ),
];

const delegate = (name: string, http: readonly unknown[], more: Partial<RouteObject> = {}): RouteObject => ({
  name,
  hosts: [],
  http,
  ...more,
});
const root = (...http: readonly unknown[]): RouteObject => ({ http });
const ref = (name: string, more: Record<string, unknown> = {}) => ({
  delegate: { name, namespace: "default" },
  ...more,
});
const answer = (body: string) => ({ directResponse: { status: 200, body: { string: body } } });

const DELEGATES: DifferentialCase[] = [
  many(
    "delegates",
    "a prefix handed on",
    [
      delegate("case-part", [{ match: [{ uri: { prefix: "/a/b" } }], route: V1 }, { route: V2 }]),
      root({ match: [{ uri: { prefix: "/a" } }], ...ref("case-part") }, answer("rest")),
    ],
    paths("/a/b", "/a/c", "/b"),
  ),
  many(
    "delegates",
    "everything handed on",
    [delegate("case-part", [{ match: [{ uri: { exact: "/x" } }], route: V1 }, { route: V2 }]), root(ref("case-part"))],
    paths("/x", "/y"),
  ),
  many(
    "delegates",
    "a match that conflicts is left out",
    [
      delegate("case-part", [
        { match: [{ uri: { prefix: "/z" } }], route: V1 },
        { match: [{ uri: { prefix: "/a/z" } }], route: V2 },
      ]),
      root({ match: [{ uri: { prefix: "/a" } }], ...ref("case-part") }, answer("rest")),
    ],
    paths("/z", "/a/z", "/a/b"),
  ),
  many(
    "delegates",
    "headers of both must hold",
    [
      delegate("case-part", [{ match: [{ headers: { "x-b": { exact: "2" } } }], route: V1 }]),
      root({ match: [{ headers: { "x-a": { exact: "1" } } }], ...ref("case-part") }, answer("rest")),
    ],
    [
      {
        headers: [
          ["x-a", "1"],
          ["x-b", "2"],
        ],
      },
      { headers: [["x-a", "1"]] },
      { headers: [["x-b", "2"]] },
    ],
  ),
  many(
    "delegates",
    "several matches multiply",
    [
      delegate("case-part", [{ match: [{ method: { exact: "GET" } }, { method: { exact: "PUT" } }], route: V1 }]),
      root({ match: [{ uri: { prefix: "/a" } }, { uri: { prefix: "/b" } }], ...ref("case-part") }, answer("rest")),
    ],
    [{ path: "/a" }, { path: "/b" }, { path: "/b", method: "DELETE" }, { path: "/c" }],
  ),
  many(
    "delegates",
    "in another namespace",
    [
      delegate("case-part", [{ route: [{ destination: { host: "echo.default.svc.cluster.local", subset: "v2" } }] }], {
        namespace: "other",
      }),
      root({ match: [{ uri: { prefix: "/a" } }], delegate: { name: "case-part", namespace: "other" } }, answer("rest")),
    ],
    paths("/a", "/b"),
  ),
  many(
    "delegates",
    "that is not exported",
    [
      delegate("case-part", [{ route: V1 }], { namespace: "other", exportTo: ["."] }),
      root({ match: [{ uri: { prefix: "/a" } }], delegate: { name: "case-part", namespace: "other" } }, answer("rest")),
    ],
    paths("/a", "/b"),
  ),
  many(
    "delegates",
    "that is missing",
    [root({ match: [{ uri: { prefix: "/a" } }], ...ref("case-missing") }, answer("rest"))],
    paths("/a", "/b"),
  ),
  many(
    "delegates",
    "settings of the root are taken over",
    [
      delegate("case-part", [{ route: V1 }]),
      root({
        match: [{ uri: { prefix: "/a" } }],
        ...ref("case-part"),
        headers: { response: { set: { "x-root": "1" } } },
        rewrite: { uri: "/new" },
        timeout: "0.3s",
      }),
    ],
    [{ path: "/a/b" }, { path: "/a", upstream: ["hang"], takesMs: [290, 3_000] }],
  ),
  many(
    "delegates",
    "settings of the delegate come first",
    [
      delegate("case-part", [
        { route: V1, rewrite: { uri: "/delegate" }, headers: { response: { set: { "x-delegate": "1" } } } },
      ]),
      root({
        match: [{ uri: { prefix: "/a" } }],
        ...ref("case-part"),
        rewrite: { uri: "/root" },
        headers: { response: { set: { "x-root": "1" } } },
      }),
    ],
    [{ path: "/a/b" }],
  ),
  many(
    "delegates",
    "two in one root",
    [
      delegate("case-one", [{ route: V1 }]),
      delegate("case-two", [{ route: V2 }]),
      root(
        { match: [{ uri: { prefix: "/a" } }], ...ref("case-one") },
        { match: [{ uri: { prefix: "/b" } }], ...ref("case-two") },
      ),
    ],
    paths("/a", "/b", "/c"),
  ),
  many(
    "delegates",
    "weights in a delegate",
    [
      delegate("case-part", [{ route: [to("echo", "v1", { weight: 75 }), to("echo", "v2", { weight: 25 })] }]),
      root({ match: [{ uri: { prefix: "/a" } }], ...ref("case-part") }),
    ],
    [{ path: "/a", times: 400 }],
  ),
];

export const DELEGATE_CASES: readonly DifferentialCase[] = [...CORS, ...DELEGATES];
