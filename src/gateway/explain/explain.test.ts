import { array, assert, constantFrom, property, record } from "fast-check";
import { expect, test } from "vitest";
import { gateway, named, nameOf, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import type { RouteRequest } from "../../core/traffic/explanation.ts";
import type { HttpMatch, HttpRoute } from "../objects.ts";
import { explain } from "./explain.ts";

const ask = (more: Partial<RouteRequest> = {}): RouteRequest => ({
  host: "shop.example",
  method: "GET",
  path: "/",
  headers: {},
  ...more,
});

const canary: HttpRoute = {
  route: [
    { destination: { host: "echo", subset: "v1" }, weight: 80 },
    { destination: { host: "echo", subset: "v2" }, weight: 20 },
  ],
};

test("every candidate is named with the reason why it was not taken, then the destinations with their shares", () => {
  const world = worldOf({
    gateways: [gateway(), gateway({ selector: { istio: "egress" } }, "out")],
    virtualServices: [
      virtualService([named("x")], { gateways: undefined }, "mesh-only"),
      virtualService([named("x")], { hosts: ["other.example"] }, "other"),
      virtualService(
        [
          named("beta", { match: [{ headers: { "x-beta": { exact: "yes" } } }, { gateways: ["mesh"] }] }),
          named("api", { match: [{ uri: { prefix: "/api" }, method: { exact: "POST" } }] }),
          { name: "main", ...canary, timeout: "2s" },
        ],
        {},
        "echo",
      ),
    ],
  });
  const explanation = explain(world, ask({ path: "/api/x?y=1" }));
  expect(explanation.steps.map(({ taken, text }) => `${taken ? "+" : "-"} ${text}`)).toEqual([
    '- Gateway default/out: spec.selector {"istio":"egress"} matches no gateway: the sandbox has one, with labels {"app":"istio-ingressgateway","istio":"ingressgateway"}',
    "+ Gateway default/gw has a server at 80",
    "- VirtualService default/mesh-only is bound to mesh, not to a Gateway of this port",
    "- VirtualService default/other is for other.example, not for shop.example",
    "+ VirtualService default/echo is bound to default/gw for *",
    "- VirtualService default/echo http[0].match[1] (beta) does not apply here: it is for mesh, not for default/gw",
    '+ host shop.example is served by "*", the most specific of the bound hosts',
    "- VirtualService default/echo http[0].match[0] (beta): header x-beta is absent",
    '- VirtualService default/echo http[1].match[0] (api): method GET is not "POST"',
    "+ VirtualService default/echo http[2] (main): matches",
    "+ timeout: 2s",
    "+ retries: up to 2, on connect-failure, refused-stream, unavailable, cancelled, retriable-status-codes",
  ]);
  expect(explanation).toMatchObject({
    gateway: "default/gw",
    virtualService: "default/echo",
    route: "main",
    destinations: [
      {
        host: "echo.default.svc.cluster.local",
        subset: "v1",
        port: 80,
        weight: 80,
        share: 0.8,
        readyEndpoints: ["127.1.0.1:8080"],
      },
      {
        host: "echo.default.svc.cluster.local",
        subset: "v2",
        port: 80,
        weight: 20,
        share: 0.2,
        readyEndpoints: ["127.1.0.2:8080"],
      },
    ],
  });
});

test("answers without a backend: no route, no host, a redirect, a direct response", () => {
  const world = worldOf({
    virtualServices: [
      virtualService(
        [
          { match: [{ uri: { exact: "/old" } }], redirect: { uri: "/new" } },
          { match: [{ uri: { exact: "/hi" } }], directResponse: { status: 200 } },
          named("x", { match: [{ uri: { exact: "/x" } }] }),
        ],
        { hosts: ["shop.example"] },
      ),
    ],
  });
  expect(explain(world, ask({ path: "/nothing" })).answer).toEqual({ code: 404, reason: "no route (NR)" });
  expect(explain(world, ask({ host: "unknown.example" })).answer).toEqual({ code: 404, reason: "no route (NR)" });
  expect(explain(world, ask({ path: "/old" })).answer).toEqual({
    code: 301,
    reason: "redirect to http://shop.example/new",
  });
  expect(explain(world, ask({ path: "/hi" })).answer).toEqual({ code: 200, reason: "direct response" });
});

test("a missing cluster and one without ready endpoints say what clients get", () => {
  const world = (subset: string) =>
    worldOf({
      endpointSlices: [],
      virtualServices: [virtualService([{ route: [{ destination: { host: "echo", subset } }] }])],
    });
  expect(explain(world("v9"), ask()).steps.at(-1)!.text).toContain("no DestinationRule defines its subset v9): 503 NC");
  expect(explain(world("v1"), ask()).steps.at(-1)!.text).toContain(
    'has no ready endpoint: 503 UH "no healthy upstream"',
  );
});

test("a refused VirtualService is explained with its problem; on a real cluster it is served", () => {
  const vs = virtualService([named("x", { match: [{ statPrefix: "s" } as HttpMatch] })]);
  const world = worldOf({ virtualServices: [vs] });
  const refusal = "spec.http[0].match[0].statPrefix is not supported";
  expect(explain(world, ask()).steps.some(({ text }) => text.includes(refusal))).toBe(true);
  expect(explain(world, ask()).answer?.code).toBe(404);
  expect(explain({ ...world, serveDespiteProblems: true }, ask()).route).toBe("x");
});

test("it explains what the gateway does, and twice the same", () => {
  const paths = constantFrom("/", "/a", "/a/b", "/b");
  const routes = array(record({ prefix: paths, method: constantFrom("GET", "POST") }), {
    minLength: 1,
    maxLength: 6,
  });
  assert(
    property(routes, paths, constantFrom("GET", "POST"), (list, path, method) => {
      const http = list.map(({ prefix, method }, i) =>
        named(`r${i}`, { match: [{ uri: { prefix }, method: { exact: method } }] }),
      );
      const world = worldOf({ virtualServices: [virtualService(http)] });
      const explanation = explain(world, ask({ path, method }));
      expect(explanation.route ?? "404").toBe(nameOf(world, { path, method }));
      expect(explain(world, ask({ path, method }))).toEqual(explanation);
    }),
    { seed: 3, numRuns: 200 },
  );
});
