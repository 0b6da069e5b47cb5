// Random VirtualServices within what istiod and the gateway both accept, with requests that have a fair chance of meeting them.
// A case is made again from the seed and its number; shrink.ts makes a failing one small.

import {
  type Arbitrary,
  array,
  constant,
  constantFrom,
  integer,
  oneof,
  option,
  record,
  sample,
  subarray,
  tuple,
} from "fast-check";
import type { CaseRequest, DifferentialCase, RouteObject, UpstreamStep } from "./case.ts";

export function generated(seed: number, count: number): DifferentialCase[] {
  return sample(tuple(virtualServices(), requests()), { seed, numRuns: count }).map(([routes, requests], i) => ({
    feature: "generated",
    name: `generated: ${i + 1} of seed ${seed}`,
    routes,
    requests,
  }));
}

const PATHS = [
  "/",
  "/a",
  "/a/",
  "/a/b",
  "/A",
  "/ab",
  "/b",
  "/b/c/d",
  "/api/v1/x",
  "/api",
  "/%61",
  "/a%2fb",
  "/a//b",
  "/a/../b",
  "/old/x",
];
const HOSTS = ["case.test", "CASE.test", "case.test:80", "a.case.test", "b.a.case.test", "other.case.test"];
const BOUND = [
  ["case.test"],
  ["*.case.test"],
  ["*.a.case.test", "case.test"],
  ["a.case.test", "case.test"],
  ["b.a.case.test"],
];
const HEADERS = ["x-a", "X-B", "cookie"];

/** Fields that are there or not. */
function some(fields: Record<string, Arbitrary<unknown>>): Arbitrary<Record<string, unknown>> {
  return record(fields, { requiredKeys: [] }).map((value) => ({ ...value }));
}

/** In about one of `frequency` cases something, else the other. */
function rarely<A, B>(frequency: number, seldom: Arbitrary<A>, usual: Arbitrary<B>): Arbitrary<A | B> {
  return oneof({ weight: 1, arbitrary: seldom }, { weight: frequency - 1, arbitrary: usual });
}

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
  return record({ destination: target, headers: headers() }, { requiredKeys: ["destination"] });
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
    { attempts: 3 },
  );
  const extras = some({ rewrite, retries, timeout: constant("5s"), headers: headers() });
  return tuple(destinations(), extras).map(([route, extra]) => ({ ...extra, route }));
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

function requests(): Arbitrary<CaseRequest[]> {
  const failing = constantFrom<UpstreamStep[]>(
    [{ status: 503 }, { status: 200 }],
    [{ status: 500 }, { status: 200 }],
    [{ status: 409 }, { status: 200 }],
    ["reset", { status: 200 }],
    [{ status: 502 }],
  );
  const usual = constant<UpstreamStep[]>([
    {
      status: 200,
      headers: [
        ["x-resp", "orig"],
        ["x-two", "a"],
        ["x-two", "b"],
      ],
    },
  ]);
  const pair = tuple(constantFrom("x-a", "X-B", "cookie"), constantFrom("1", "two", "3", "user=jane"));
  const one = record({
    method: constantFrom("GET", "GET", "GET", "HEAD", "DELETE"),
    host: constantFrom(...HOSTS),
    path: tuple(
      constantFrom(...PATHS),
      constantFrom("", "", "", "?q=1", "?q", "?p=12&q=1", "?q=%20", "?Q=1&p=x%20y"),
    ).map((parts) => parts.join("")),
    headers: option(array(pair, { maxLength: 3 }), { nil: [] }),
    port: rarely(8, constant(8081), constant(80)),
    upstream: rarely(3, failing, usual),
  });
  return array(one, { minLength: 8, maxLength: 12 });
}
