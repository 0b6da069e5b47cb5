import { expect, test } from "vitest";
import {
  gatewayApi,
  httpRoute,
  kubernetesGateway,
  listener,
  pathRule,
  rule,
} from "../../../testbed/gateway/gateway-api.ts";
import { worldOf } from "../../../testbed/gateway/objects.ts";
import type { RouteRequest } from "../../core/traffic/explanation.ts";
import { explain } from "../explain/explain.ts";
import type { GatewayApiObjects } from "./objects.ts";

function explained(parts: Partial<GatewayApiObjects>, request: Partial<RouteRequest> = {}) {
  const world = worldOf({ gateways: [], gatewayApi: gatewayApi(parts) });
  const explanation = explain(world, { host: "shop.example", method: "GET", path: "/", headers: {}, ...request });
  return { ...explanation, lines: explanation.steps.map(({ taken, text }) => `${taken ? "+" : "-"} ${text}`) };
}

test("every Gateway, listener and route is named with the reason why it is or is not concerned", () => {
  const gateways = [
    kubernetesGateway([
      listener(),
      listener({ name: "admin", port: 8888 }),
      listener({ name: "tcp", protocol: "TCP" }),
    ]),
    kubernetesGateway([listener()], { gatewayClassName: "nginx" }, { name: "foreign" }),
  ];
  const httpRoutes = [
    httpRoute([pathRule("a", "PathPrefix", "/api"), rule("rest")], { name: "shop", hostnames: ["shop.example"] }),
    httpRoute([rule("x")], { name: "other", hostnames: ["other.example"] }),
    httpRoute([rule("x")], { name: "lost", parentRefs: [{ name: "nobody" }] }),
    httpRoute([rule("x")], { name: "section", parentRefs: [{ sectionName: "none" }] }),
  ];
  const { lines, gatewayApiRoute, route, destinations } = explained({ gateways, httpRoutes }, { path: "/apis" });
  expect(lines).toEqual([
    "- Gateway default/foreign is of class nginx, not of istio",
    "+ Gateway default/web listener http is at 80 for any host",
    "- Gateway default/web listener admin is at port 8888, not 80",
    "- Gateway default/web listener tcp lost its place to an earlier listener (ProtocolConflict)",
    "+ HTTPRoute default/shop is bound to Gateway default/web listener http for shop.example",
    "- HTTPRoute default/other is for other.example, not for shop.example",
    "- HTTPRoute default/lost names no Gateway of class istio that is there",
    '- HTTPRoute default/section is not accepted: sectionName "none" not found',
    '+ host shop.example is served by "shop.example", the most specific of the bound hosts',
    '- HTTPRoute default/shop rules[0].matches[0]: path /apis does not start with the path elements "/api"',
    "+ HTTPRoute default/shop rules[1]: matches",
    "+ timeout: none (Istio's default)",
    "+ retries: up to 2, on connect-failure, refused-stream, unavailable, cancelled, retriable-status-codes",
  ]);
  expect({ gatewayApiRoute, route }).toEqual({ gatewayApiRoute: "HTTPRoute default/shop", route: "rest" });
  expect(destinations).toMatchObject([{ host: "echo.default.svc.cluster.local", share: 1 }]);
});

test("a missing backend is told with the answer that clients get", () => {
  const httpRoutes = [httpRoute([{ backendRefs: [{ name: "gone", port: 80 }] }], { name: "shop" })];
  const { lines } = explained({ httpRoutes });
  expect(lines).toContain("- HTTPRoute default/shop: backend(gone.default.svc.cluster.local) not found");
  expect(lines.at(-1)).toContain("no Service gone.default.svc.cluster.local has port 80): 500 NC");
});

test("a host that nobody serves", () => {
  const { lines, answer } = explained({ httpRoutes: [] });
  expect(lines.at(-1)).toBe("- no VirtualService, HTTPRoute or GRPCRoute serves host shop.example at port 80");
  expect(answer?.code).toBe(404);
});
