// Random VirtualServices within what istiod and the gateway both accept, with requests that have a fair chance of meeting them.
// A case is made again from the seed and its number; shrink.ts makes a failing one small.

import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  sample,
  subarray,
  tuple,
} from "fast-check";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import type { CaseRequest, DifferentialCase, RouteObject } from "./case.ts";
import { destinationRule, service } from "./endpoints.ts";
import { HEADERS, PATHS, rarely, requests, some } from "./generate-requests.ts";

export function generated(seed: number, count: number): DifferentialCase[] {
  const parts = tuple(virtualServices(), requests(), hashedService());
  return sample(parts, { seed, numRuns: count }).map(([routes, requests, objects], i) => ({
    feature: "generated",
    name: `generated: ${i + 1} of seed ${seed}`,
    routes,
    objects,
    requests: JSON.stringify(routes).includes('"mirror') ? requests.map(mirrored) : requests,
  }));
}

/** A copy may arrive before the request: both must be answered alike. */
function mirrored(request: CaseRequest): CaseRequest {
  return { ...request, upstream: [{ status: 200 }], mirrored: true };
}

/** Both endpoints of it have one name, so that only who must go to one of them shows which. */
function hashedService(): Arbitrary<KubeObject[]> {
  const consistentHash = constantFrom<object>(
    { httpHeaderName: "x-a" },
    { httpQueryParameterName: "q" },
    { httpCookie: { name: "user", ttl: "0s" } },
    { useSourceIp: true },
  );
  return consistentHash.map((hash) => [
    service("case-hashed", { version: "v1" }, [{ name: "http", port: 80, targetPort: 0 }]),
    destinationRule("case-hashed", { subsets: [], trafficPolicy: { loadBalancer: { consistentHash: hash } } }),
  ]);
}

const BOUND = [
  ["case.test"],
  ["*.case.test"],
  ["*.a.case.test", "case.test"],
  ["a.case.test", "case.test"],
  ["b.a.case.test"],
];
function text(values: readonly string[], regexes: readonly string[]): Arbitrary<object> {
  const value = constantFrom(...values);
  return oneof(
    record({ exact: value }),
    record({ prefix: tuple(value, integer({ min: 1, max: 4 })).map(([each, length]) => each.slice(0, length)) }),
    record({ regex: constantFrom(...regexes) }),
  );
}

function named(names: readonly string[], test: Arbitrary<object>): Arbitrary<object> {
  return tuple(constantFrom(...names), rarely(5, constant({}), test)).map(([name, value]) => ({ [name]: value }));
}

function match(): Arbitrary<object> {
  const uri = oneof(
    record({ exact: constantFrom(...PATHS) }),
    record({ prefix: constantFrom("/", "/a", "/a/", "/api", "/b", "/old/", "/A") }),
    record({ regex: constantFrom("/a.*", "/[ab]", "/api/v\\d+/.*", ".*", "/old/(.*)", "(?i)/A/.*") }),
  );
  const other = some({
    ignoreUriCase: constant(true),
    method: text(["GET", "POST"], ["G.*", "GET|HEAD"]),
    headers: named(HEADERS, text(["1", "two", "user=jane"], ["\\d+", ".*user=.*"])),
    withoutHeaders: named(["x-a", "x-b"], text(["1", "two"], ["\\d*"])),
    queryParams: named(["q", "p"], text(["1", "x y", "%20"], ["\\d+"])),
  });
  const seldom = some({
    authority: text(["case.test", "case.test:80"], [".*test.*"]),
    scheme: record({ exact: constantFrom("http", "https") }),
    gateways: constantFrom(["suite-gateway"], ["mesh"], ["mesh", "default/suite-gateway"]),
    sourceLabels: constantFrom({ istio: "ingressgateway" }, { app: "x" }),
    port: constantFrom(80, 8081),
    name: constant("m"),
  });
  return tuple(
    rarely(5, constant({}), record({ uri })),
    rarely(2, constant({}), other),
    rarely(3, seldom, constant({})),
  ).map((parts) => Object.assign({}, ...parts) as object);
}

function operations(): Arbitrary<object> {
  const write = (names: string[], values: string[]) =>
    tuple(constantFrom(...names), constantFrom(...values)).map(([name, value]) => ({ [name]: value }));
  return some({
    set: write(["x-set", "X-A", "x-two", "user-agent"], ["s", "100%%", ""]),
    add: write(["x-add", "x-a", "x-two"], ["added"]),
    remove: subarray(["x-a", "X-B", "x-resp", "x-two"]),
  });
}

function headers(): Arbitrary<object> {
  return some({ request: operations(), response: operations() });
}

function destination(): Arbitrary<Record<string, unknown>> {
  const target = record(
    {
      host: constant("echo.default.svc.cluster.local"),
      subset: constantFrom("v1", "v2", "v1", "v2", "v1", "v9"),
      port: constantFrom({ number: 80 }, { number: 80 }, { number: 81 }),
    },
    { requiredKeys: ["host", "subset"] },
  );
  const hashed = record({ host: constant("case-hashed.default.svc.cluster.local") });
  return record({ destination: rarely(8, hashed, target), headers: headers() }, { requiredKeys: ["destination"] });
}

/** One destination gets everything, so that every single request is comparable. */
function destinations(): Arbitrary<object[]> {
  const weighted = tuple(destination(), destination(), constantFrom(true, false)).map(([a, b, first]) => [
    { ...a, weight: first ? 100 : 0 },
    { ...b, weight: first ? 0 : 100 },
  ]);
  return rarely(
    3,
    weighted,
    destination().map((each) => [each]),
  );
}

function forward(): Arbitrary<object> {
  const rewrite = constantFrom<object>(
    { uri: "/rw" },
    { uri: "/rw/" },
    { uri: "/" },
    { uri: "/rw", authority: "rw.example" },
    { authority: "rw.example" },
    { uriRegexRewrite: { match: "^/([^/]*)/(.*)$", rewrite: "/\\2/\\1" } },
    { uriRegexRewrite: { match: "a", rewrite: "X$1" } },
  );
  const retries = constantFrom<object>(
    { attempts: 0 },
    { attempts: 1, retryOn: "5xx", backoff: "2ms" },
    { attempts: 2, retryOn: "gateway-error,retriable-4xx", backoff: "2ms" },
    { attempts: 2, retryOn: "500,reset", backoff: "2ms" },
    { attempts: 2, retryOn: "retriable-status-codes,503", backoff: "2ms" },
    { attempts: 2, retryOn: "connect-failure,refused-stream,unavailable", backoff: "2ms" },
    { attempts: 2, retryOn: "reset-before-request,cancelled", backoff: "2ms" },
    { attempts: 3 },
  );
  const extras = some({ rewrite, retries, timeout: constant("5s"), headers: headers() }).chain((usual) =>
    filters().map((seldom) => ({ ...usual, ...seldom })),
  );
  return tuple(destinations(), extras).map(([route, extra]) => ({ ...extra, route }));
}

/** All or nothing, so that every single request is comparable. */
const SHARES = [{ percentage: { value: 100 } }, { percentage: { value: 100 } }, { percentage: { value: 0 } }, {}];

function filters(): Arbitrary<object> {
  const abort = tuple(constantFrom(400, 404, 429, 503, 599), constantFrom<object>(...SHARES)).map(
    ([httpStatus, share]) => ({
      httpStatus,
      ...share,
    }),
  );
  const delay = constantFrom<object>(...SHARES).map((share) => ({ fixedDelay: "0.005s", ...share }));
  const fault = oneof(record({ abort }), record({ delay }), record({ abort, delay }));
  const mirror = constantFrom<object>(
    { mirror: { host: "echo.default.svc.cluster.local", subset: "v2" } },
    { mirror: { host: "alone.default.svc.cluster.local" }, mirrorPercentage: { value: 100 } },
    { mirror: { host: "alone.default.svc.cluster.local" }, mirrorPercentage: { value: 0 } },
    {
      mirrors: [
        { destination: { host: "alone.default.svc.cluster.local" } },
        { destination: { host: "empty.default.svc.cluster.local" } },
      ],
    },
  );
  return tuple(
    rarely(8, record({ fault }), constant({})),
    rarely(8, record({ corsPolicy: cors() }), constant({})),
    rarely(12, mirror, constant({})),
  ).map(([fault, cors, mirror]) => ({ ...fault, ...cors, ...mirror }));
}

function cors(): Arbitrary<object> {
  const origins = constantFrom(
    { exact: "http://a.example" },
    { prefix: "http://a" },
    { regex: "http://.*\\.example" },
    { exact: "*" },
  );
  return record(
    {
      allowOrigins: array(origins, { minLength: 1, maxLength: 2 }),
      allowMethods: constantFrom(["GET"], ["GET", "PUT"]),
      allowHeaders: constantFrom(["x-a"], ["*"]),
      exposeHeaders: constant(["x-resp"]),
      maxAge: constantFrom("10m", "2s"),
      allowCredentials: constantFrom(true, false),
      unmatchedPreflights: constantFrom("FORWARD", "IGNORE"),
    },
    { requiredKeys: ["allowOrigins"] },
  );
}

function answer(): Arbitrary<object> {
  const redirect = tuple(
    record({ uri: constantFrom("/new", "/new?z=1") }),
    some({
      authority: constantFrom("new.example", "new.example:99"),
      scheme: constantFrom("http", "https"),
      redirectCode: constantFrom(301, 302, 303, 307, 308),
    }),
    constantFrom<object>({ port: 80 }, { port: 8080 }, { port: 443 }, { derivePort: "FROM_REQUEST_PORT" }, {}),
  ).map((parts) => ({ redirect: Object.assign({}, ...parts) as object }));
  const direct = constantFrom(
    { status: 200, body: { string: "direct" } },
    { status: 403 },
    { status: 503, body: { string: "x" } },
    { status: 201 },
  );
  return tuple(oneof(redirect, record({ directResponse: direct })), some({ headers: headers() })).map(
    ([action, extra]) => ({ ...extra, ...action }),
  );
}

function http(): Arbitrary<object> {
  const matches = rarely(6, constant({}), record({ match: array(match(), { minLength: 1, maxLength: 2 }) }));
  return tuple(matches, rarely(4, answer(), forward())).map(([condition, action]) => ({ ...condition, ...action }));
}

function virtualServices(): Arbitrary<RouteObject[]> {
  const one = record({ hosts: constantFrom(...BOUND), http: array(http(), { minLength: 1, maxLength: 4 }) });
  return array(one, { minLength: 1, maxLength: 3 });
}
