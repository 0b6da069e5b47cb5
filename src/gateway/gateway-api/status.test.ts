// What istiod says word for word is compared in test/cluster/gateway-api-status.test.ts; here is what needs no istiod.

import { describe, expect, test } from "vitest";
import {
  gatewayApi,
  httpRoute,
  kubernetesGateway,
  listener,
  pathRule,
  rule,
  type TestRoute,
} from "../../../testbed/gateway/gateway-api.ts";
import { worldOf } from "../../../testbed/gateway/objects.ts";
import { HTTP_ROUTES } from "../../core/kubernetes/resource.ts";
import { compileTable } from "../compile/compile.ts";
import type { World } from "../world.ts";
import { gatewayStatus } from "./gateway-status.ts";
import { notesOf } from "./notes.ts";
import type { GatewayApiObjects, GatewayStatus, HttpRule, RouteParentStatus } from "./objects.ts";
import { routeStatus } from "./route-status.ts";
import { whyNotServed } from "./why-not-served.ts";

const moment = { generation: 3, now: "2026-01-02T00:00:00Z" };

function servedOf(parts: Partial<GatewayApiObjects>, rest: Partial<World> = {}) {
  const objects = gatewayApi(parts);
  return { objects, served: compileTable(worldOf({ gateways: [], gatewayApi: objects, ...rest })).gatewayApi };
}

const short = ({ parents }: { parents: RouteParentStatus[] }) =>
  parents.map(({ parentRef, conditions }) => [
    parentRef.sectionName ?? parentRef.name,
    ...conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`),
  ]);

function statusOf(rules: HttpRule[], spec: TestRoute = {}, gateways = [kubernetesGateway()]) {
  const { served } = servedOf({ gateways, httpRoutes: [httpRoute(rules, spec)] });
  return short(routeStatus(served.routes[0]!, [], moment));
}

const RESOLVED = "ResolvedRefs=True ResolvedRefs: All references resolved";
const VALID = "Accepted=True Accepted: Route was valid";
const two = () =>
  kubernetesGateway([listener({ name: "a", hostname: "a.test" }), listener({ name: "b", hostname: "b.test" })]);

describe("a route's parents", () => {
  test.each<[string, TestRoute, string]>([
    ["both listeners", {}, `${VALID}, bound to 2 parents`],
    ["one of two", { hostnames: ["b.test"] }, VALID],
    [
      "no hostname",
      { hostnames: ["c.test"] },
      'Accepted=False NoMatchingListenerHostname: no hostnames matched parent hostname "a.test"; no hostnames matched parent hostname "b.test"',
    ],
    [
      "no such section",
      { parentRefs: [{ sectionName: "c" }] },
      'Accepted=False NoMatchingParent: sectionName "c" not found; sectionName "c" not found',
    ],
    [
      "the nearest miss is told",
      { parentRefs: [{ sectionName: "a" }], hostnames: ["b.test"] },
      'Accepted=False NoMatchingListenerHostname: no hostnames matched parent hostname "a.test"',
    ],
  ])("%s", (_, spec, accepted) => {
    expect(statusOf([rule("x")], spec, [two()]).map(([, ...texts]) => texts)).toEqual([[accepted, RESOLVED]]);
  });

  test("a Gateway that is not there, or is not ours, has no entry", () => {
    expect(statusOf([rule("x")], { parentRefs: [{ name: "nobody" }] })).toEqual([]);
    expect(statusOf([rule("x")], {}, [kubernetesGateway([listener()], { gatewayClassName: "nginx" })])).toEqual([]);
  });

  test("a Service is no parent here, and that is said", () => {
    const [entry] = statusOf([rule("x")], { parentRefs: [{ group: "", kind: "Service", name: "echo" }] });
    expect(entry![1]).toMatch(/^Accepted=False UnsupportedValue: the sandbox has no sidecars/);
  });

  test("what Envoy would stumble over is refused with its field", () => {
    const [entry] = statusOf([pathRule("x", "RegularExpression", "(")]);
    expect(entry![1]).toMatch(/^Accepted=False UnsupportedValue: spec\.rules\[0\]\.matches\[0\]\.path\.value: "\("/);
  });

  test("others' entries stay, own ones of parents that are gone go, and times change with the status alone", () => {
    const { served } = servedOf({ httpRoutes: [httpRoute([rule("x")])] });
    const condition = { lastTransitionTime: "2026-01-01T00:00:00Z", reason: "Accepted", message: "before" };
    const own = { controllerName: "istio.io/gateway-controller" };
    const existing = [
      { parentRef: { name: "foreign" }, controllerName: "nginx.org/gateway", conditions: [] },
      { parentRef: { name: "gone" }, ...own, conditions: [] },
      {
        parentRef: { name: "web" },
        ...own,
        conditions: [
          { type: "Accepted", status: "True" as const, ...condition },
          { type: "ResolvedRefs", status: "False" as const, ...condition },
        ],
      },
    ];
    const { parents } = routeStatus(served.routes[0]!, existing, moment);
    expect(parents.map(({ parentRef }) => parentRef.name)).toEqual(["foreign", "web"]);
    expect(parents[1]!.conditions.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
      "2026-01-01T00:00:00Z",
      moment.now,
    ]);
    expect(parents[1]!.conditions.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3]);
    expect(routeStatus(served.routes[0]!, parents, { ...moment, now: "later" })).toEqual({ parents });
  });
});

describe("a Gateway", () => {
  const statusIn = (gateway: ReturnType<typeof kubernetesGateway>, existing: GatewayStatus = {}) => {
    const { served } = servedOf({ gateways: [gateway], httpRoutes: [httpRoute([rule("x")])] });
    return gatewayStatus(served.gateways[0]!, { ...served, openPorts: [80] }, existing, moment);
  };
  const conditionOf = ({ conditions = [] }: Pick<GatewayStatus, "conditions">, type: string) => {
    const found = conditions.find((each) => each.type === type);
    return `${found?.status} ${found?.reason}: ${found?.message}`;
  };

  test("is served at this machine's address, with its routes counted", () => {
    const status = statusIn(kubernetesGateway());
    expect(status.addresses).toEqual([{ type: "IPAddress", value: "127.0.0.1" }]);
    expect(conditionOf(status, "Programmed")).toBe(
      "True Programmed: Resource programmed, assigned to service(s) istio-ingressgateway.istio-system.svc.cluster.local:80",
    );
    expect(status.listeners?.map(({ name, attachedRoutes }) => [name, attachedRoutes])).toEqual([["http", 1]]);
  });

  test("at a port that is not open is not programmed, and says which are", () => {
    const status = statusIn(kubernetesGateway([listener({ port: 8888 })]));
    expect(status.addresses).toBeUndefined();
    expect(conditionOf(status, "Programmed")).toBe(
      'False AddressNotUsable: Failed to assign to any requested addresses: port 8888 not found for hostname "istio-ingressgateway.istio-system.svc.cluster.local" (open in the sandbox: 80)',
    );
  });

  test("with a listener of a protocol that is not served", () => {
    const status = statusIn(kubernetesGateway([listener({ name: "tcp", port: 9000, protocol: "TCP" }), listener()]));
    expect(conditionOf(status, "Accepted")).toBe(
      "True ListenersNotValid: One or more of the Gateway's listeners are invalid",
    );
    expect(conditionOf(status.listeners![0]!, "Accepted")).toBe(
      'False UnsupportedProtocol: protocol "TCP" is not supported by the sandbox gateway: use HTTP or HTTPS',
    );
  });
});

test("what no status has a place for", () => {
  const web = kubernetesGateway([listener()], { infrastructure: {} });
  const lost = httpRoute([rule("x")], { parentRefs: [{ name: "nobody" }, { kind: "ListenerSet", name: "more" }] });
  const { objects, served } = servedOf({ gateways: [web], httpRoutes: [lost] });
  expect(notesOf(objects, served).map(({ text }) => text)).toEqual([
    "spec.infrastructure has no effect: the sandbox makes no Deployment of a Gateway's own",
    "spec.parentRefs[0]: there is no Gateway default/nobody; spec.parentRefs[1].kind: the sandbox gateway reads no ListenerSets; bind the route to a Gateway",
  ]);
});

test("whether a route is in force, for those who wait for it", () => {
  const why = (rules: HttpRule[], spec: TestRoute = {}, gateways = [kubernetesGateway()]) => {
    const { served } = servedOf({ gateways, httpRoutes: [httpRoute(rules, { name: "r", ...spec })] });
    return whyNotServed(served, HTTP_ROUTES, "default/r");
  };
  expect(why([rule("x")])).toBeUndefined();
  // It is in force: its requests get 500.
  expect(why([{ backendRefs: [{ name: "gone", port: 80 }] }])).toBeUndefined();
  expect(why([rule("x")], { parentRefs: [{ name: "nobody" }] })).toContain("no Gateway of class istio");
  expect(why([rule("x")], { parentRefs: [{ port: 443 }] })).toBe("port 443 not found");
  expect(why([rule("x")], {}, [kubernetesGateway([listener({ port: 8888 })])])).toBe(
    "no listener that it is bound to is open",
  );
  expect(why([pathRule("x", "RegularExpression", "(")])).toContain("is no RE2 expression");
  expect(why([rule("x", { filters: [{ type: "ExtensionRef" }] })])).toBe('unsupported filter type "ExtensionRef"');
});
