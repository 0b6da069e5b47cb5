import { expect, test } from "vitest";
import { named, nameOf, routeOf, type TestRequest, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { explain } from "../explain/explain.ts";
import type { HttpMatch, HttpRoute, VirtualService } from "../objects.ts";
import type { ForwardAction } from "../routing/table.ts";
import { compileTable } from "./compile.ts";
import { mergeRoute } from "./merge-routes.ts";

function delegate(name: string, http: HttpRoute[], spec: Partial<VirtualService["spec"]> = {}, namespace = "default") {
  const made = virtualService(http, { hosts: undefined, gateways: undefined, ...spec }, name);
  return { ...made, metadata: { ...made.metadata, namespace } };
}

const root = (...http: HttpRoute[]) => virtualService(http, {}, "root");
const API: HttpRoute = { match: [{ uri: { prefix: "/api" } }], delegate: { name: "api" } };
const UNDER_API = { uri: { prefix: "/api/v1" } };

const worldWith = (...virtualServices: VirtualService[]) => worldOf({ virtualServices });
const problemsOf = (...all: VirtualService[]) =>
  compileTable(worldWith(...all)).problems.map(({ name, field, effect }) => `${name} ${field} ${effect}`);

test("a delegate's routes stand in the place of the root's, under its conditions, names joined", () => {
  const world = worldWith(
    root({ ...API, name: "r" }, named("rest")),
    delegate("api", [named("v1", { match: [UNDER_API] }), named("", { match: undefined })]),
  );
  const at = (request: TestRequest) => nameOf(world, request);
  expect([at({ path: "/api/v1/x" }), at({ path: "/api/x" }), at({ path: "/x" })]).toEqual(["r-v1", "r", "rest"]);
  expect(compileTable(world).problems).toEqual([]);
});

test("what the delegate does not say the root says; short names belong to their own object's namespace", () => {
  const above = { ...API, delegate: { name: "api", namespace: "other" }, timeout: "3s", mirror: { host: "shadow" } };
  const world = worldWith(root(above), delegate("api", [named("a", { retries: { attempts: 0 } })], {}, "other"));
  const action = routeOf(compileTable(world).table, { path: "/api" })!.action as ForwardAction;
  expect([action.timeoutMs, action.retry]).toEqual([3_000, undefined]);
  expect(action.destinations[0]!.host).toBe("echo.other.svc.cluster.local");
  expect(action.mirrors![0]!.host).toBe("shadow.default.svc.cluster.local");
});

test("a delegate that is missing, hidden or in conflict leaves only its route out, and the root says so", () => {
  const rest = named("rest");
  const hidden = delegate("api", [named("a")], { exportTo: ["elsewhere"] });
  const conflicting = delegate("api", [named("a", { match: [{ uri: { prefix: "/other" } }] }), named("b")]);
  for (const others of [[], [hidden], [conflicting]]) {
    expect(problemsOf(root(API, rest), ...others)).toEqual(["root spec.http[0].delegate partly-honoured"]);
    const world = worldWith(root(API, rest), ...others);
    expect(nameOf(world, { path: "/x" })).toBe("rest");
    expect(nameOf(world, { path: "/api" })).toBe(others[0] === conflicting ? "b" : "rest");
  }
});

test("a delegate that appears or changes later is taken up", () => {
  const above = root(API);
  expect(nameOf(worldWith(above), { path: "/api" })).toBe("404");
  expect(nameOf(worldWith(above, delegate("api", [named("one")])), { path: "/api" })).toBe("one");
  expect(nameOf(worldWith(above, delegate("api", [named("two")])), { path: "/api" })).toBe("two");
});

test("what Istio refuses: a route beside the delegate, a delegate's delegate, a delegate with gateways", () => {
  expect(problemsOf(root({ ...API, ...named("x") }))).toEqual(["root spec.http[0] refused"]);
  expect(problemsOf(root({ delegate: {} }))).toEqual(["root spec.http[0].delegate.name refused"]);
  expect(problemsOf(delegate("api", [API]))).toEqual(["api spec.http[0].delegate refused"]);
  expect(problemsOf(delegate("api", [named("a")], { gateways: ["gw"] }))).toEqual(["api spec.hosts refused"]);
  expect(problemsOf(delegate("api", [named("a")]))).toEqual([]);
});

test.each<[string, HttpMatch, HttpMatch, boolean]>([
  ["nothing said above", {}, { uri: { exact: "/a" } }, true],
  ["nothing said below", { uri: { exact: "/a" } }, {}, true],
  ["a narrower prefix", { uri: { prefix: "/a" } }, { uri: { prefix: "/a/b" } }, true],
  ["a wider prefix", { uri: { prefix: "/a/b" } }, { uri: { prefix: "/a" } }, false],
  ["an exact path under a prefix", { uri: { prefix: "/a" } }, { uri: { exact: "/a" } }, true],
  ["a prefix under an exact path", { uri: { exact: "/a" } }, { uri: { prefix: "/a" } }, false],
  ["equal exact texts", { method: { exact: "GET" } }, { method: { exact: "GET" } }, true],
  ["other exact texts", { method: { exact: "GET" } }, { method: { exact: "PUT" } }, false],
  ["a regex above", { uri: { regex: ".*" } }, { uri: { exact: "/a" } }, false],
  ["a regex below", { uri: { prefix: "/" } }, { uri: { regex: "/a" } }, false],
  ["other headers", { headers: { a: { exact: "1" } } }, { headers: { b: { exact: "2" } } }, true],
  ["the same header", { headers: { a: { exact: "1" } } }, { headers: { a: { exact: "2" } } }, false],
  ["case", { ignoreUriCase: true }, {}, false],
  ["another port", { port: 80 }, { port: 81 }, false],
  ["a source namespace above only", { sourceNamespace: "a" }, {}, false],
  ["another label", { sourceLabels: { a: "1" } }, { sourceLabels: { a: "2" } }, false],
  ["fewer gateways", { gateways: ["a", "b"] }, { gateways: ["b"] }, true],
  ["more gateways", { gateways: ["a"] }, { gateways: ["a", "b"] }, false],
])("merging conditions: %s", (_, above, below, fits) =>
  expect(mergeRoute({ match: [above] }, { match: [below] }) !== undefined).toBe(fits),
);

test("several matches: each of the delegate's with every one of the root's that it fits", () => {
  const merged = mergeRoute(
    { match: [{ name: "x", uri: { prefix: "/a" } }, { port: 80 }] },
    { match: [{ name: "y", uri: { exact: "/a/b" }, headers: { h: { exact: "1" } } }] },
  );
  expect(merged?.match?.map(({ name, uri, port }) => [name, uri, port])).toEqual([
    ["x-y", { exact: "/a/b" }, undefined],
    ["y", { exact: "/a/b" }, 80],
  ]);
});

test("an explanation names both, and tells what is left out", () => {
  const texts = (...all: VirtualService[]) =>
    explain(worldWith(...all), { host: "h", method: "GET", path: "/api", headers: {} }).steps.map(({ text }) => text);
  expect(texts(root(API), delegate("api", [named("a")]))).toContain(
    "VirtualService default/root http[0] with its delegate default/api http[0].match[0] (a): matches",
  );
  expect(texts(root(API))).toContain(
    "VirtualService default/root: spec.http[0].delegate: there is no VirtualService default/api without hosts that could be served, so nothing is served for it",
  );
});
