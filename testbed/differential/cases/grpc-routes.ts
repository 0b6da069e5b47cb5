// GRPCRoutes of Gateway API: calls are matched by service and method, and go to upstreams that speak HTTP/2.

import type { CaseRequest, DifferentialCase } from "../case.ts";
import { service } from "../endpoints.ts";
import { backend, type RouteSpec, route, routesCase } from "./gateway-api-shapes.ts";

const FEATURE = "GRPCRoute";

/** One message: not compressed, its length, its bytes. */
const MESSAGE = "\0\0\0\0\x02hi";
const call = (path: string, extra: Partial<CaseRequest> = {}): CaseRequest => ({
  protocol: "h2c",
  method: "POST",
  path,
  pieces: [MESSAGE],
  headers: [
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ],
  upstream: [
    {
      status: 200,
      headers: [["content-type", "application/grpc"]],
      pieces: [MESSAGE],
      trailers: [["grpc-status", "0"]],
    },
  ],
  ...extra,
});
const calls = (...paths: readonly string[]) => paths.map((path) => call(path));
const withMeta = (path: string, name: string, value: string) =>
  call(path, {
    headers: [
      ["content-type", "application/grpc"],
      ["te", "trailers"],
      [name, value],
    ],
  });

const version = (name: string) =>
  service(`case-${name}`, { app: "echo", version: name }, [{ name: "grpc", port: 80, targetPort: 0 }]);
const BACKENDS = [version("v1"), version("v2")];
const TO_V1 = [backend("case-v1")];
const TO_V2 = [backend("case-v2")];

function grpc(
  name: string,
  rules: readonly unknown[],
  requests: readonly CaseRequest[],
  spec: Omit<RouteSpec, "rules"> = {},
): DifferentialCase {
  return routesCase(FEATURE, name, [route("GRPCRoute", { ...spec, rules })], requests, { objects: BACKENDS });
}

const method = (parts: object) => [{ method: parts }];
const HELLO = "/suite.Greeter/Hello";

/** Matching calls go to v1, others to v2. */
function matching(name: string, matches: readonly unknown[], requests: readonly CaseRequest[]): DifferentialCase {
  return grpc(name, [{ backendRefs: TO_V2 }, { matches, backendRefs: TO_V1 }], requests);
}

const PATHS = calls(
  HELLO,
  "/suite.Greeter/Bye",
  "/suite.Greeter",
  "/suite.Greeters/Hello",
  "/other.Greeter/Hello",
  "/",
);
const regular = (parts: object) => method({ type: "RegularExpression", ...parts });

export const GRPC_ROUTE_CASES: readonly DifferentialCase[] = [
  grpc("every call", [{ backendRefs: TO_V1 }], PATHS),
  matching("service and method", method({ service: "suite.Greeter", method: "Hello" }), PATHS),
  matching("a service's every method", method({ service: "suite.Greeter" }), PATHS),
  matching("a method of any service", method({ method: "Hello" }), PATHS),
  matching("both by regular expressions", regular({ service: "suite\\.[A-Z]\\w+", method: "H.*" }), PATHS),
  matching("service by a regular expression", regular({ service: "(suite|other)\\.Greeter" }), PATHS),
  matching("method by a regular expression", regular({ method: "Hel+o" }), PATHS),
  matching(
    "metadata",
    [{ headers: [{ name: "x-user", value: "jane" }] }],
    [call(HELLO), withMeta(HELLO, "x-user", "jane"), withMeta(HELLO, "x-user", "joe")],
  ),
  matching(
    "method and metadata",
    [{ method: { service: "suite.Greeter" }, headers: [{ name: "x-user", value: "j.*", type: "RegularExpression" }] }],
    [withMeta(HELLO, "x-user", "joe"), withMeta("/other.Greeter/Hello", "x-user", "joe"), call(HELLO)],
  ),
  grpc(
    "the most specific match first",
    [
      { matches: regular({ service: "suite\\.Greeter", method: "Hello" }), backendRefs: TO_V2 },
      { matches: method({ service: "suite.Greeter" }), backendRefs: TO_V2 },
      { matches: method({ service: "suite.Greeter", method: "Hello" }), backendRefs: TO_V1 },
    ],
    PATHS,
  ),
  grpc(
    "weights",
    [{ backendRefs: [backend("case-v1", { weight: 1 }), backend("case-v2", { weight: 3 })] }],
    [call(HELLO, { times: 100 })],
  ),
  grpc("every weight zero", [{ backendRefs: [backend("case-v1", { weight: 0 })] }], [call(HELLO)]),
  grpc("a Service that is not there", [{ backendRefs: [backend("gone")] }], [call(HELLO)]),
  grpc(
    "headers both ways, of rule and backend",
    [
      {
        filters: [
          { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x-rule", value: "1" }] } },
          { type: "ResponseHeaderModifier", responseHeaderModifier: { add: [{ name: "x-rule", value: "1" }] } },
        ],
        backendRefs: [
          backend("case-v1", {
            filters: [
              { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x-backend", value: "1" }] } },
            ],
          }),
        ],
      },
    ],
    [call(HELLO)],
  ),
  grpc(
    "a mirror",
    [
      {
        filters: [{ type: "RequestMirror", requestMirror: { backendRef: backend("case-v2") } }],
        backendRefs: TO_V1,
      },
    ],
    [call(HELLO, { mirrored: true })],
  ),
  grpc(
    "a mirror to a Service that is not there takes the object out of service",
    [{ filters: [{ type: "RequestMirror", requestMirror: { backendRef: backend("gone") } }], backendRefs: TO_V1 }],
    [call(HELLO)],
  ),
  routesCase(
    FEATURE,
    "beside an HTTPRoute on the same host",
    [
      route("GRPCRoute", { rules: [{ matches: method({ service: "suite.Greeter" }), backendRefs: TO_V1 }] }),
      route("HTTPRoute", { rules: [{ backendRefs: TO_V2 }] }, "case-1"),
    ],
    [call(HELLO), call("/other.Greeter/Hello"), { path: "/page" }],
    { objects: BACKENDS },
  ),
  grpc(
    "a client that speaks HTTP/1.1",
    [{ backendRefs: [backend("echo-v1")] }],
    [{ path: HELLO, method: "POST", body: "x" }],
  ),
];
