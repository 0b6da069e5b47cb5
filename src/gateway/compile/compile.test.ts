import { describe, expect, test } from "vitest";
import {
  destinationRule,
  gateway,
  named,
  nameOf,
  pod,
  routeOf,
  slice,
  virtualService,
  worldOf,
} from "../../../testbed/gateway/objects.ts";
import { object } from "../../../testbed/gateway/world.ts";
import type { HttpRoute, RouteDestination } from "../objects.ts";
import type { ForwardAction } from "../routing/table.ts";
import type { World } from "../world.ts";
import { compileTable } from "./compile.ts";

function forwardOf(world: World): ForwardAction {
  const action = routeOf(compileTable(world).table, {})?.action;
  if (action?.kind !== "forward") throw new Error("no forwarding route");
  return action;
}

function withRoute(route: HttpRoute, parts: Partial<World> = {}): World {
  return worldOf({ virtualServices: [virtualService([route], {}, "vs")], ...parts });
}

/** Every problem's field and what the gateway does about it. */
function problemsOf(world: World): string[] {
  return compileTable(world).problems.map(({ kind, field, effect }) => `${kind} ${field} ${effect}`);
}

const to = (subset: string | undefined, weight?: number): RouteDestination => ({
  destination: { host: "echo", subset },
  weight,
});

describe("destinations", () => {
  test("weights as written; zero gets nothing; a single one gets all, whatever its weight", () => {
    const weights = (route: RouteDestination[]) =>
      forwardOf(withRoute({ route })).destinations.map(({ subset, weight }) => [subset, weight]);
    expect(weights([to("v1", 80), to("v2", 20)])).toEqual([
      ["v1", 80],
      ["v2", 20],
    ]);
    expect(weights([to("v1", 999), to("v2", 1)])).toEqual([
      ["v1", 999],
      ["v2", 1],
    ]);
    expect(weights([to("v1", 100), to("v2", 0)])).toEqual([["v1", 100]]);
    expect(weights([to("v1"), to("v2", 5)])).toEqual([["v2", 5]]);
    expect(weights([to("v1", 0)])).toEqual([["v1", 1]]);
    expect(weights([to("v2")])).toEqual([["v2", 1]]);
  });

  test.each([
    ["echo", undefined, "outbound|80||echo.default.svc.cluster.local"],
    ["echo.default.svc.cluster.local", undefined, "outbound|80||echo.default.svc.cluster.local"],
    ["echo", 8_080, "outbound|8080||echo.default.svc.cluster.local"],
    ["other.example", undefined, "outbound|80||other.example"],
  ])("host %s port %s is cluster %s", (host, number, key) => {
    const destination = { host, port: number === undefined ? undefined : { number } };
    expect(forwardOf(withRoute({ route: [{ destination }] })).destinations[0]!.clusterKey).toBe(key);
  });

  test("without a port: the only one of the Service, else the listener's", () => {
    const service = (ports: number[]) =>
      object("v1", "Service", "echo", {
        ports: ports.map((port) => ({ name: `p${port}`, port })),
      }) as World["services"][number];
    const key = (ports: number[]) =>
      forwardOf(withRoute({ route: [to(undefined)] }, { services: [service(ports)] })).destinations[0]!.clusterKey;
    expect(key([9_000])).toContain("|9000|");
    expect(key([9_000, 9_001])).toContain("|80|");
  });

  test("a split is one for all matches of an http route, and another one when its weights change", () => {
    const route = (v1: number): HttpRoute => ({
      match: [{ uri: { exact: "/a" } }, { uri: { exact: "/b" } }],
      route: [to("v1", v1), to("v2", 20)],
    });
    const keyAt = (v1: number, path: string) => {
      const action = routeOf(compileTable(withRoute(route(v1))).table, { path })!.action as ForwardAction;
      return action.splitKey;
    };
    expect(keyAt(80, "/a")).toBe(keyAt(80, "/b"));
    expect(keyAt(80, "/a")).not.toBe(keyAt(70, "/a"));
  });
});

describe("clusters", () => {
  const addresses = (world: World, subset?: string) => {
    const cluster = compileTable({
      ...world,
      virtualServices: [virtualService([{ route: [to(subset)] }])],
    }).table.clusters.get(`outbound|80|${subset ?? ""}|echo.default.svc.cluster.local`);
    return cluster?.endpoints.map(({ address }) => address);
  };

  test("subsets by the labels of pods", () => {
    expect(addresses(worldOf({}))).toEqual(["127.1.0.1:8080", "127.1.0.2:8080"]);
    expect(addresses(worldOf({}), "v1")).toEqual(["127.1.0.1:8080"]);
    expect(addresses(worldOf({}), "v9")).toBeUndefined();
    expect(addresses(worldOf({ destinationRules: [] }), "v1")).toBeUndefined();
    expect(addresses(worldOf({ services: [] }))).toBeUndefined();
  });

  test.each([
    ["ready", { ready: true }, true],
    ["ready is not said", {}, true],
    ["not ready", { ready: false }, false],
    ["not serving", { ready: true, serving: false }, false],
    ["terminating but serving", { ready: true, serving: true, terminating: true }, false],
  ])("an endpoint that is %s", (_, conditions, usable) => {
    const world = worldOf({ endpointSlices: [slice([{ ip: "127.1.0.1", pod: "echo-v1-abc-1", conditions }])] });
    expect(addresses(world)).toEqual(usable ? ["127.1.0.1:8080"] : []);
  });

  test("a pod that is being deleted is out before its slice says so; a pod not seen yet is in no subset", () => {
    const deleted = pod("echo-v1-abc-1", "v1", { deletionTimestamp: "2026-01-01T00:00:00Z" });
    expect(addresses(worldOf({ pods: [deleted] }))).toEqual(["127.1.0.2:8080"]);
    expect(addresses(worldOf({ pods: [] }), "v1")).toEqual([]);
  });

  test("the dial annotation says where a pod really listens; the workload is its Deployment", () => {
    const annotations = { "sandbox.serin.dev/dial": '{"8080":"127.0.0.1:41234"}' };
    const world = withRoute({ route: [to("v1")] }, { pods: [pod("echo-v1-abc-1", "v1", { annotations })] });
    const [endpoint] = compileTable(world).table.clusters.get(
      "outbound|80|v1|echo.default.svc.cluster.local",
    )!.endpoints;
    expect(endpoint).toMatchObject({
      address: "127.1.0.1:8080",
      dial: "127.0.0.1:41234",
      workload: { name: "echo-v1", namespace: "default", app: "echo", version: "v1" },
    });
  });

  test("the balancer: least request by default, the subset's before the rule's", () => {
    const balance = (rule: Parameters<typeof destinationRule>[0]) =>
      compileTable(withRoute({ route: [to("v1")] }, { destinationRules: [destinationRule(rule)] })).table.clusters.get(
        "outbound|80|v1|echo.default.svc.cluster.local",
      )!.balance;
    const simple = (name: string) => ({ loadBalancer: { simple: name } });
    expect(balance({})).toBe("least_request");
    expect(balance({ trafficPolicy: simple("ROUND_ROBIN") })).toBe("round_robin");
    expect(
      balance({
        trafficPolicy: simple("ROUND_ROBIN"),
        subsets: [{ name: "v1", labels: { version: "v1" }, trafficPolicy: simple("RANDOM") }],
      }),
    ).toBe("random");
  });

  test("rules: the Service's namespace before the gateway's, others not at all; several add their subsets", () => {
    const rule = (namespace: string, name: string, exportTo?: string[]) =>
      destinationRule(
        { host: "echo.default.svc.cluster.local", exportTo, subsets: [{ name, labels: { version: "v1" } }] },
        namespace,
      );
    const has = (rules: World["destinationRules"], subset: string) =>
      addresses(worldOf({ destinationRules: rules }), subset) !== undefined;
    expect(has([rule("istio-system", "x")], "x")).toBe(true);
    expect(has([rule("istio-system", "x"), rule("default", "y")], "x")).toBe(false);
    expect(has([rule("elsewhere", "x")], "x")).toBe(false);
    expect(has([rule("default", "x"), rule("default", "y")], "y")).toBe(true);
    expect(has([rule("default", "x", ["."])], "x")).toBe(false);
  });
});

describe("defaults are istiod's", () => {
  test("retries", () => {
    expect(forwardOf(withRoute(named("x"))).retry).toEqual({
      attempts: 2,
      on: new Set(["connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes"]),
      statusCodes: new Set(),
      perTryTimeoutMs: undefined,
      avoidPreviousHosts: "unless-hashed",
      backoffBaseMs: 25,
    });
    expect(forwardOf(withRoute(named("x", { retries: { attempts: 0 } }))).retry).toBeUndefined();
    expect(
      forwardOf(withRoute(named("x", { retries: { attempts: 5, perTryTimeout: "1.5s", retryOn: "503, reset" } })))
        .retry,
    ).toMatchObject({
      attempts: 5,
      on: new Set(["reset", "retriable-status-codes"]),
      statusCodes: new Set([503]),
      perTryTimeoutMs: 1_500,
    });
  });

  test("no timeout, and 0s means none", () => {
    expect(forwardOf(withRoute(named("x"))).timeoutMs).toBeUndefined();
    expect(forwardOf(withRoute(named("x", { timeout: "0s" }))).timeoutMs).toBeUndefined();
    expect(forwardOf(withRoute(named("x", { timeout: "1m" }))).timeoutMs).toBe(60_000);
  });
});

describe("what is not honoured is refused with its field, and not served", () => {
  const rows: [string, unknown, string][] = [
    ["statistics", { match: [{ statPrefix: "s" }] }, "spec.http[0].match[0].statPrefix"],
    ["a misspelt field", { timeuot: "1s" }, "spec.http[0].timeuot"],
    ["a misspelt match", { match: [{ uri: { prefixx: "/" } }] }, "spec.http[0].match[0].uri.prefixx"],
    ["two kinds of match", { match: [{ uri: { prefix: "/", exact: "/" } }] }, "spec.http[0].match[0].uri"],
    ["a regex that RE2 does not know", { match: [{ uri: { regex: "(?!a)" } }] }, "spec.http[0].match[0].uri.regex"],
    ["a duration that is none", { timeout: "5x" }, "spec.http[0].timeout"],
    ["a negative weight", { route: [to("v1", -1), to("v2", 101)] }, "spec.http[0].route[0].weight"],
    ["half a weight", { route: [to("v1", 0.5), to("v2", 1)] }, "spec.http[0].route[0].weight"],
    ["weights that are all zero", { route: [to("v1", 0), to("v2", 0)] }, "spec.http[0].route"],
    ["a route and a redirect", { redirect: { uri: "/" } }, "spec.http[0]"],
    ["a redirect code", { route: undefined, redirect: { redirectCode: 400 } }, "spec.http[0].redirect.redirectCode"],
    ["retries that are off and configured", { retries: { attempts: 0, retryOn: "5xx" } }, "spec.http[0].retries"],
    [
      "a prefix redirect without a prefix",
      { route: undefined, match: [{ uri: { exact: "/a" } }], redirect: { prefixRewrite: "/b" } },
      "spec.http[0].redirect.prefixRewrite",
    ],
    [
      "the regex * that RE2 refuses",
      { match: [{ headers: { a: { regex: "*" } } }] },
      'spec.http[0].match[0].headers["a"].regex',
    ],
    ["an unknown retry condition", { retries: { attempts: 1, retryOn: "sometimes" } }, "spec.http[0].retries.retryOn"],
    [
      "Envoy's commands in a header",
      { headers: { request: { set: { x: "%REQ(a)%" } } } },
      'spec.http[0].headers.request.set["x"]',
    ],
    [
      "a line break in a header",
      { headers: { response: { add: { x: "a\r\nb" } } } },
      'spec.http[0].headers.response.add["x"]',
    ],
  ];
  test.each(rows)("%s", (_, extra, field) => {
    const world = withRoute({ ...named("x"), ...(extra as HttpRoute) });
    expect(problemsOf(world)).toContain(`VirtualService ${field} refused`);
    expect(nameOf(world, {})).toBe("404");
  });

  test("an empty VirtualService, and one without hosts", () => {
    expect(problemsOf(worldOf({ virtualServices: [virtualService([])] }))).toEqual([
      "VirtualService spec.http refused",
    ]);
    expect(problemsOf(worldOf({ virtualServices: [virtualService([named("x")], { hosts: [] })] }))).toEqual([
      "VirtualService spec.hosts refused",
    ]);
    const empty = object(
      "networking.istio.io/v1",
      "VirtualService",
      "empty",
      undefined,
    ) as World["virtualServices"][number];
    expect(problemsOf(worldOf({ virtualServices: [empty] })).length).toBeGreaterThan(0);
  });

  test("a DestinationRule's subsets are kept: only what is not honoured is named", () => {
    const rule = destinationRule({
      trafficPolicy: { tunnel: {}, loadBalancer: { simple: "PASSTHROUGH" } } as object,
    });
    const world = withRoute({ route: [to("v1")] }, { destinationRules: [rule] });
    expect(problemsOf(world)).toEqual([
      "DestinationRule spec.trafficPolicy.tunnel partly-honoured",
      "DestinationRule spec.trafficPolicy.loadBalancer.simple partly-honoured",
    ]);
    expect(
      compileTable(world).table.clusters.get("outbound|80|v1|echo.default.svc.cluster.local")!.endpoints,
    ).toHaveLength(1);
  });

  test.each([
    ["a selector that matches nothing", { selector: { istio: "other" } }, "spec.selector"],
    [
      "TLS in plain text",
      { servers: [{ port: { number: 80, protocol: "HTTP" }, hosts: ["*"], tls: { mode: "SIMPLE" } }] },
      "spec.servers[0].tls",
    ],
    [
      "another protocol",
      { servers: [{ port: { number: 80, protocol: "TCP" }, hosts: ["*"] }] },
      "spec.servers[0].port.protocol",
    ],
    [
      "a port that is not open",
      { servers: [{ port: { number: 8_443, protocol: "HTTP" }, hosts: ["*"] }] },
      "spec.servers[0].port.number",
    ],
    ["no servers", { servers: [] }, "spec.servers"],
  ])("a Gateway with %s", (_, spec, field) => {
    const world = worldOf({ gateways: [gateway(spec)], virtualServices: [virtualService([named("x")])] });
    expect(problemsOf(world)).toEqual([`Gateway ${field} refused`]);
    expect(nameOf(world, {})).toBe("404");
  });
});
