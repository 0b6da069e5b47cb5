import { describe, expect, test } from "vitest";
import {
  gatewayApi,
  grant,
  grpcRoute,
  httpRoute,
  kubernetesGateway,
  listener,
  pathRule,
  rule,
} from "../../../testbed/gateway/gateway-api.ts";
import { named, nameOf, routeOf, type TestRequest, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import type { ForwardAction } from "../routing/table.ts";
import type { World } from "../world.ts";
import type { GatewayApiObjects, HttpRule } from "./objects.ts";

function worldWith(parts: Partial<GatewayApiObjects>, rest: Partial<World> = {}): World {
  return worldOf({ gateways: [], gatewayApi: gatewayApi(parts), ...rest });
}

const withRules = (...rules: HttpRule[]) => worldWith({ httpRoutes: [httpRoute(rules)] });

function actionOf(world: World, request: TestRequest): ForwardAction {
  const action = routeOf(compileTable(world).table, request)?.action;
  if (action?.kind !== "forward") throw new Error(`not forwarded, but ${action?.kind}`);
  return action;
}

describe("the most specific match wins, whatever the order in which rules are written", () => {
  const world = withRules(
    rule("all", { matches: [{ path: { type: "PathPrefix", value: "/" } }] }),
    pathRule("regex", "RegularExpression", "/a/[0-9]+/very/long/.*"),
    pathRule("a", "PathPrefix", "/a"),
    pathRule("a-slash", "PathPrefix", "/a/b/"),
    pathRule("exact", "Exact", "/a/b"),
    rule("post", { matches: [{ path: { type: "PathPrefix", value: "/a" }, method: "POST" }] }),
    rule("one-header", {
      matches: [{ path: { type: "PathPrefix", value: "/a" }, headers: [{ name: "X-A", value: "1" }] }],
    }),
    rule("two-headers", {
      matches: [
        {
          path: { type: "PathPrefix", value: "/a" },
          headers: [
            { name: "x-a", value: "1" },
            { name: "x-b", value: "2" },
          ],
        },
      ],
    }),
    rule("query", {
      matches: [{ path: { type: "PathPrefix", value: "/a" }, queryParams: [{ name: "q", value: "1" }] }],
    }),
  );
  test.each<[TestRequest, string]>([
    [{ path: "/other" }, "all"],
    [{ path: "/a" }, "a"],
    [{ path: "/a/" }, "a"],
    [{ path: "/ab" }, "all"],
    [{ path: "/a/b" }, "exact"],
    [{ path: "/a/b/c" }, "a-slash"],
    [{ path: "/a/bc" }, "a"],
    // A prefix, however short, goes before a regular expression.
    [{ path: "/a/7/very/long/path" }, "a"],
    [{ path: "/a", method: "POST" }, "post"],
    [{ path: "/a", headers: { "x-a": "1" } }, "one-header"],
    [{ path: "/a", headers: { "x-a": "1", "x-b": "2" } }, "two-headers"],
    [{ path: "/a?q=1" }, "query"],
    [{ path: "/a?q=1", headers: { "x-a": "1" } }, "one-header"],
    [{ path: "/a?q=1", method: "POST", headers: { "x-a": "1" } }, "post"],
  ])("%j -> %s", (request, name) => expect(nameOf(world, request)).toBe(name));
});

test("with equal matches the older object's rule wins, and in one object the earlier rule", () => {
  const older = httpRoute([pathRule("older", "PathPrefix", "/x"), pathRule("later rule", "PathPrefix", "/x")]);
  const younger = httpRoute([pathRule("younger", "PathPrefix", "/x"), pathRule("longer", "PathPrefix", "/x/y")]);
  const world = worldWith({ httpRoutes: [younger, older] });
  expect(nameOf(world, { path: "/x" })).toBe("older");
  expect(nameOf(world, { path: "/x/y" })).toBe("longer");
});

test("an HTTPRoute and a GRPCRoute on one host are ordered together", () => {
  const world = worldWith({
    httpRoutes: [httpRoute([pathRule("http", "PathPrefix", "/")])],
    grpcRoutes: [
      grpcRoute([
        { ...rule("any"), matches: undefined },
        { name: "call", matches: [{ method: { service: "a.Greeter", method: "Hi" } }] },
        { name: "service", matches: [{ method: { service: "a.Greeter" } }] },
        { name: "method", matches: [{ method: { method: "Ping" } }] },
        { name: "regex", matches: [{ method: { type: "RegularExpression", service: "b\\..*", method: "Get.*" } }] },
      ]),
    ],
  });
  const path = (text: string) => nameOf(world, { path: text });
  expect(path("/a.Greeter/Hi")).toBe("call");
  expect(path("/a.Greeter/Other")).toBe("service");
  expect(path("/z.Z/Ping")).toBe("http");
  expect(path("/")).toBe("http");
});

test("calls are matched by service and method", () => {
  const world = worldWith({
    grpcRoutes: [
      grpcRoute([
        { name: "method", matches: [{ method: { method: "Ping" } }] },
        { name: "regex", matches: [{ method: { type: "RegularExpression", service: "b\\..*", method: "Get.*" } }] },
        { name: "service", matches: [{ method: { type: "RegularExpression", service: "c\\.(D|E)" } }] },
        { name: "header", matches: [{ headers: [{ name: "x-beta", value: "yes" }] }] },
      ]),
    ],
  });
  const path = (text: string, headers = {}) => nameOf(world, { path: text, headers });
  expect(path("/z.Z/Ping")).toBe("method");
  expect(path("/b.X/GetAll")).toBe("regex");
  expect(path("/c.D/Anything")).toBe("service");
  expect(path("/c.F/Anything")).toBe("404");
  expect(path("/c.F/Anything", { "x-beta": "yes" })).toBe("header");
});

describe("hosts", () => {
  const web = kubernetesGateway([
    listener({ name: "any" }),
    listener({ name: "wild", hostname: "*.example" }),
    listener({ name: "shop", hostname: "shop.example" }),
  ]);
  const routes = [
    httpRoute([rule("everywhere")]),
    httpRoute([rule("wild")], { parentRefs: [{ sectionName: "wild" }], hostnames: ["*.example"] }),
    httpRoute([rule("b")], { parentRefs: [{ sectionName: "wild" }], hostnames: ["b.example", "nowhere.org"] }),
    httpRoute([rule("any")], { parentRefs: [{ sectionName: "any" }], hostnames: ["c.example", "d.org"] }),
  ];
  const world = worldWith({ gateways: [web], httpRoutes: routes });
  test.each([
    ["shop.example", "everywhere"],
    ["b.example", "b"],
    ["d.org", "any"],
    ["nowhere.org", "everywhere"],
    // The listener for *.example takes these names away from the one for all.
    ["c.example", "everywhere"],
  ])("%s -> %s", (host, name) => expect(nameOf(world, { host })).toBe(name));
});

test("routes come from the namespaces that the listener allows", () => {
  const labelled = { apiVersion: "v1", kind: "Namespace", metadata: { name: "team", labels: { shop: "yes" } } };
  const parentRefs = [{ namespace: "default" }];
  const from = (namespaces: object) =>
    nameOf(
      worldWith({
        gateways: [kubernetesGateway([listener({ allowedRoutes: { namespaces } })])],
        namespaces: [labelled],
        httpRoutes: [httpRoute([rule("team")], { namespace: "team", parentRefs })],
      }),
      {},
    );
  expect(from({ from: "Same" })).toBe("404");
  expect(from({ from: "All" })).toBe("team");
  expect(from({ from: "Selector", selector: { matchLabels: { shop: "yes" } } })).toBe("team");
  expect(from({ from: "Selector", selector: { matchLabels: { shop: "no" } } })).toBe("404");
});

describe("backends", () => {
  const withBackends = (...backendRefs: HttpRule["backendRefs"] & object) => withRules({ name: "x", backendRefs });
  const echo = { name: "echo", port: 80 };

  test("weights count, zeros are left out", () => {
    const action = actionOf(
      withBackends({ ...echo, weight: 3 }, { ...echo, weight: 0 }, { ...echo, port: 81, weight: 1 }),
      {},
    );
    expect(action.destinations.map(({ clusterKey, weight }) => [clusterKey, weight])).toEqual([
      ["outbound|80||echo.default.svc.cluster.local", 3],
      ["outbound|81||echo.default.svc.cluster.local", 1],
    ]);
  });

  test("without any weight, or without a backend, the answer is 500", () => {
    for (const world of [withBackends({ ...echo, weight: 0 }), withBackends(), withRules({ name: "x" })])
      expect(routeOf(compileTable(world).table, {})?.action).toMatchObject({ kind: "direct", status: 500 });
  });

  test("one that is missing, of another kind or not granted takes its share of 500s", () => {
    const action = actionOf(
      withBackends(
        { name: "gone", port: 80, weight: 1 },
        { name: "echo", port: 80, group: "storage.example", kind: "Bucket", weight: 2 },
        { name: "echo", port: 80, namespace: "other", weight: 3 },
        { ...echo, weight: 4 },
      ),
      {},
    );
    const { table } = compileTable(withBackends({ name: "gone", port: 80 }));
    expect(table.clusters.size).toBe(0);
    expect(action.missingClusterStatus).toBe(500);
    expect(action.destinations.map(({ host, weight }) => [host, weight])).toEqual([
      ["gone.default.svc.cluster.local", 1],
      ["unknown-backend.invalid", 2],
      ["unknown-backend.invalid", 3],
      ["echo.default.svc.cluster.local", 4],
    ]);
  });

  test("a grant opens a Service of another namespace", () => {
    const route = httpRoute([{ name: "x", backendRefs: [{ ...echo, namespace: "other" }] }]);
    const hostOf = (...grants: GatewayApiObjects["grants"]) =>
      actionOf(worldWith({ httpRoutes: [route], grants }), {}).destinations[0]!.host;
    const http = { kind: "HTTPRoute", namespace: "default" };
    expect(hostOf(grant(http, { namespace: "other" }))).toBe("echo.other.svc.cluster.local");
    expect(hostOf(grant(http, { namespace: "other", name: "echo" }))).toBe("echo.other.svc.cluster.local");
    expect(hostOf(grant(http, { namespace: "other", name: "shop" }))).toBe("unknown-backend.invalid");
    expect(hostOf(grant({ ...http, kind: "GRPCRoute" }, { namespace: "other" }))).toBe("unknown-backend.invalid");
    expect(hostOf(grant({ ...http, namespace: "else" }, { namespace: "other" }))).toBe("unknown-backend.invalid");
    expect(hostOf(grant(http, { namespace: "default" }))).toBe("unknown-backend.invalid");
  });
});

test("limits and retries", () => {
  const of = (rest: HttpRule) => {
    const { timeoutMs, retry } = actionOf(withRules(rule("x", rest)), {});
    return {
      timeoutMs,
      attempts: retry?.attempts,
      perTry: retry?.perTryTimeoutMs,
      codes: [...(retry?.statusCodes ?? [])],
    };
  };
  const none = { timeoutMs: undefined, attempts: 2, perTry: undefined, codes: [] };
  expect(of({})).toEqual(none);
  expect(of({ timeouts: { request: "0s" } })).toEqual(none);
  expect(of({ timeouts: { request: "1m30s" } })).toEqual({ ...none, timeoutMs: 90_000 });
  // istiod 1.31: without a retry stanza the limit of an attempt is the request's.
  expect(of({ timeouts: { request: "2s", backendRequest: "1s" } })).toEqual({ ...none, timeoutMs: 1_000 });
  expect(of({ timeouts: { request: "2s", backendRequest: "1s" }, retry: { codes: [503] } })).toEqual({
    timeoutMs: 2_000,
    attempts: 2,
    perTry: 1_000,
    codes: [503],
  });
  expect(of({ retry: { attempts: 0 }, timeouts: { backendRequest: "1s" } })).toEqual({ ...none, attempts: undefined });
});

test("a rule that makes no sense takes its object out of service; others stay", () => {
  const bad = httpRoute([
    pathRule("good", "PathPrefix", "/good"),
    rule("bad", { filters: [{ type: "ExtensionRef" }] }),
  ]);
  const world = worldWith({ httpRoutes: [bad, httpRoute([pathRule("other", "PathPrefix", "/other")])] });
  expect(nameOf(world, { path: "/good" })).toBe("404");
  expect(nameOf(world, { path: "/other" })).toBe("other");
  expect(compileTable(world).gatewayApi.routes[0]!.finding).toEqual({
    reason: "InvalidFilter",
    message: 'unsupported filter type "ExtensionRef"',
  });
});

test("what Envoy would refuse is refused in the rule's own words", () => {
  const world = withRules(pathRule("bad", "RegularExpression", "/(a"));
  expect(nameOf(world, { path: "/a" })).toBe("404");
  expect(compileTable(world).gatewayApi.routes[0]!.refusal).toMatch(
    /^spec\.rules\[0\]\.matches\[0\]\.path\.value: "\/\(a" is no RE2 expression/,
  );
});

test("VirtualServices on the host of an HTTPRoute: the older Gateway's routes come first, catch-alls last", () => {
  const virtual = virtualService([named("vs-a", { match: [{ uri: { prefix: "/a" } }] }), named("vs-all")]);
  const older = kubernetesGateway();
  const istio = worldOf({}).gateways[0]!;
  const younger = { ...istio, metadata: { ...istio.metadata, creationTimestamp: "2030-01-01T00:00:00Z" } };
  const world = worldWith(
    { gateways: [older], httpRoutes: [httpRoute([pathRule("route-a", "PathPrefix", "/a"), rule("route-all")])] },
    { gateways: [younger], virtualServices: [virtual] },
  );
  expect(nameOf(world, { path: "/a" })).toBe("route-a");
  expect(nameOf(world, { path: "/" })).toBe("route-all");
  const swapped = {
    ...world,
    gateways: [{ ...istio, metadata: { ...istio.metadata, creationTimestamp: "2020-01-01T00:00:00Z" } }],
  };
  expect(nameOf(swapped, { path: "/a" })).toBe("vs-a");
  expect(nameOf(swapped, { path: "/" })).toBe("vs-all");
});

test("a Gateway of another class, or at an address that is not the ingress's, serves nothing", () => {
  const httpRoutes = [httpRoute([rule("x")])];
  const via = (spec: object, namespace = "default") =>
    nameOf(worldWith({ gateways: [kubernetesGateway([listener()], spec, { namespace })], httpRoutes }), {});
  expect(via({ gatewayClassName: "nginx" })).toBe("404");
  const addresses = [{ type: "Hostname", value: "istio-ingressgateway.istio-system.svc.cluster.local" }];
  expect(via({ addresses })).toBe("404");
  expect(via({ addresses: [{ type: "IPAddress", value: "10.0.0.1" }] })).toBe("x");
  const inSystem = worldWith({
    gateways: [kubernetesGateway([listener()], { addresses }, { namespace: "istio-system" })],
    httpRoutes: [httpRoute([rule("x")], { namespace: "istio-system" })],
  });
  expect(nameOf(inSystem, {})).toBe("x");
});
