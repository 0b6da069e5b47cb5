import { describe, expect, it } from "vitest";
import { split, TARGET, to, virtualService } from "../../../testbed/rollout/echo-route.ts";
import type { Deployment } from "../kubernetes/workload.ts";
import type { TrafficSpec } from "../spec/canary.ts";
import { routeKeys } from "./locate-route.ts";
import type { MeshObjects } from "./mesh-objects.ts";
import { resolveTarget } from "./resolve-target.ts";
import type { DestinationRule, HttpRoute, Subset } from "./virtual-service.ts";

function deployment(name: string, labels: Record<string, string>): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [] } } },
  };
}

function rule(name: string, subsets: Subset[], host = "echo"): DestinationRule {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name, namespace: "default" },
    spec: { host, subsets },
  };
}

const V1: Subset = { name: "v1", labels: { version: "v1" } };
const V2: Subset = { name: "v2", labels: { version: "v2" } };
const SPLIT = split(80, 20);

function world(more: Partial<MeshObjects> = {}): MeshObjects {
  return {
    namespace: "default",
    stable: { name: "echo-v1", deployment: deployment("echo-v1", { app: "echo", version: "v1" }) },
    canary: { name: "echo-v2", deployment: deployment("echo-v2", { app: "echo", version: "v2" }) },
    destinationRules: [rule("echo", [V1, V2])],
    virtualServices: [virtualService([SPLIT])],
    ...more,
  };
}

describe("by looking alone", () => {
  it("finds the story's subsets and route", () => {
    expect(resolveTarget(undefined, world())).toEqual({ ok: true, target: TARGET });
  });

  const targetOf = (more: Partial<MeshObjects>, traffic?: TrafficSpec) => {
    const resolved = resolveTarget(traffic, world(more));
    return resolved.ok ? resolved.target : resolved.message;
  };

  it("takes the total from the weights it finds", () => {
    const virtualServices = [virtualService([{ route: [to("v1", 8), to("v2", 2)] }])];
    expect(targetOf({ virtualServices })).toMatchObject({ total: 10 });
  });

  it("notes a canary that no route mentions yet, and that stable's weight was implied", () => {
    const virtualServices = [virtualService([{ name: "main", route: [to("v1")] }])];
    expect(targetOf({ virtualServices })).toMatchObject({
      routes: [{ virtualService: "echo", route: "main", index: 0, adds: "canary", impliedWeight: true }],
      total: 100,
    });
  });

  it("ignores an older version that stands by without weight", () => {
    const destinationRules = [rule("echo", [V1, V2, { name: "v0", labels: { version: "v0" } }])];
    const virtualServices = [virtualService([{ route: [to("v0", 0), to("v1", 100)] }])];
    expect(targetOf({ destinationRules, virtualServices })).toMatchObject({
      routes: [{ virtualService: "echo", index: 0, adds: "canary" }],
    });
  });

  it("passes over subsets that select both versions, and rules and services of others", () => {
    const destinationRules = [
      rule("aaa", [{ name: "v1", labels: { app: "other" } }], "other"),
      rule("echo", [{ name: "all", labels: { app: "echo" } }, { name: "any" }, V1, V2]),
    ];
    const virtualServices = [
      virtualService([{ route: [to(undefined, undefined, "other")] }], "aaa"),
      virtualService([SPLIT]),
    ];
    expect(targetOf({ destinationRules, virtualServices })).toMatchObject({
      destinationRule: "echo",
      stableSubset: "v1",
    });
  });

  it("finds a route that spells the host in full, and keeps the rule's spelling", () => {
    const full = "echo.default.svc.cluster.local";
    const virtualServices = [virtualService([{ route: [to("v1", 80, full), to("v2", 20, full)] }])];
    expect(targetOf({ virtualServices })).toMatchObject({
      host: "echo",
      routes: [{ virtualService: "echo", index: 0 }],
    });
  });

  it("moves several routes of one VirtualService together when they split alike", () => {
    const virtualServices = [virtualService([SPLIT, { route: [{ destination: { host: "web" } }] }, SPLIT])];
    expect(targetOf({ virtualServices })).toMatchObject({ routes: [{ index: 0 }, { index: 2 }] });
  });
});

describe("what is missing is named with its cure", () => {
  const sameLabels = deployment("echo-v2", { app: "echo", version: "v1" });
  it.each<[string, Partial<MeshObjects>, TrafficSpec | undefined, string, string]>([
    [
      "the canary's Deployment",
      { canary: { name: "echo-v2" } },
      undefined,
      "DeploymentNotFound",
      "Deployment echo-v2 is not in namespace default; create it, or name another one in spec.versions.canary",
    ],
    [
      "any DestinationRule",
      { destinationRules: [] },
      undefined,
      "DestinationRuleNotFound",
      "namespace default has no DestinationRule; create one for the Service's host with a subset for each version",
    ],
    [
      "the DestinationRule named",
      {},
      { istio: { destinationRule: { name: "other" } } },
      "DestinationRuleNotFound",
      "DestinationRule other is not in namespace default; create it, or name another one in spec.traffic.istio.destinationRule.name (there: echo)",
    ],
    [
      "the canary's subset",
      { destinationRules: [rule("echo", [V1])] },
      undefined,
      "SubsetNotFound",
      "DestinationRule echo has no subset that selects the pods of Deployment echo-v2 and not those of echo-v1; add to spec.subsets: - {name: v2, labels: {version: v2}}",
    ],
    [
      "the subset named",
      {},
      { istio: { destinationRule: { name: "echo", canarySubset: "v9" } } },
      "SubsetNotFound",
      "DestinationRule echo has no subset v9 that selects the pods of Deployment echo-v2 and not those of echo-v1; add to spec.subsets: - {name: v9, labels: {version: v2}}, or correct spec.traffic.istio.destinationRule.canarySubset",
    ],
    [
      "a label that tells the versions apart",
      { canary: { name: "echo-v2", deployment: sameLabels } },
      undefined,
      "VersionsNotTold",
      "the pods of Deployments echo-v1 and echo-v2 have the same labels, so no subset can tell them apart; give each pod template a label of its own, such as version: echo-v1",
    ],
    [
      "any VirtualService",
      { virtualServices: [] },
      undefined,
      "VirtualServiceNotFound",
      "namespace default has no VirtualService; create one whose route sends to host echo, subset v1",
    ],
    [
      "the VirtualService named",
      {},
      { istio: { virtualServices: [{ name: "other" }] } },
      "VirtualServiceNotFound",
      "VirtualService other is not in namespace default; create it, or name another one in spec.traffic.istio.virtualServices (there: echo)",
    ],
    [
      "the route named",
      { virtualServices: [virtualService([{ ...SPLIT, name: "main" }])] },
      { istio: { virtualServices: [{ name: "echo", routes: ["mian"] }] } },
      "RouteNotFound",
      'VirtualService echo has no route named "mian"; routes that send there: main',
    ],
    [
      "the versions in the route named",
      {
        virtualServices: [
          virtualService([
            { ...SPLIT, name: "main" },
            { name: "web", route: [{ destination: { host: "web" } }] },
          ]),
        ],
      },
      { istio: { virtualServices: [{ name: "echo", routes: ["web"] }] } },
      "RouteNotFound",
      'route "web" of VirtualService echo sends neither to subset v1 nor to v2 of echo; routes that send there: main',
    ],
    [
      "any route in an empty VirtualService",
      { virtualServices: [virtualService([])] },
      undefined,
      "RouteNotFound",
      "no route of VirtualService echo (it has no http routes at all) sends to subset v1 or v2 of echo; add to spec.http: - route: [{destination: {host: echo, subset: v1}}]",
    ],
    [
      "a subset in the destination",
      { virtualServices: [virtualService([{ route: [{ destination: { host: "echo" } }] }])] },
      undefined,
      "DestinationWithoutSubset",
      "http[0] of VirtualService echo sends to echo without a subset, so to both versions alike; write its destination as {host: echo, subset: v1}",
    ],
  ])("%s", (_what, more, traffic, reason, message) => {
    expect(resolveTarget(traffic, world(more))).toEqual({ ok: false, reason, message });
  });
});

describe("what is ambiguous comes with the candidates", () => {
  const twoServices = [virtualService([SPLIT], "mesh"), virtualService([SPLIT], "public")];
  const testRoute: HttpRoute = { name: "test", match: [{ headers: {} }], route: [to("v2", 100)] };
  it.each<[string, Partial<MeshObjects>, string]>([
    [
      "VirtualServices",
      { virtualServices: twoServices },
      "more than one VirtualService sends to the two versions; write the ones to move under spec.traffic.istio, for all of them: virtualServices: [{name: mesh}, {name: public}]",
    ],
    [
      "routes that split differently",
      { virtualServices: [virtualService([testRoute, { ...SPLIT, name: "main" }])] },
      'routes split the two versions differently: route "test" of VirtualService echo (stable 0, canary 100), route "main" of VirtualService echo (stable 80, canary 20); write the ones to move under spec.traffic.istio, such as virtualServices: [{name: echo, routes: [main]}]',
    ],
    [
      "subsets that both select the canary",
      { destinationRules: [rule("echo", [V1, V2, { name: "next", labels: { version: "v2" } }])] },
      "more than one pair of subsets selects the two versions; write one of these under spec.traffic.istio: destinationRule: {name: echo, stableSubset: v1, canarySubset: v2}; destinationRule: {name: echo, stableSubset: v1, canarySubset: next}",
    ],
  ])("%s", (_what, more, message) => {
    expect(resolveTarget(undefined, world(more))).toEqual({ ok: false, reason: "AmbiguousTraffic", message });
  });

  it("is settled by the spec", () => {
    const traffic = { istio: { virtualServices: [{ name: "mesh" }, { name: "public" }] } };
    const resolved = resolveTarget(traffic, world({ virtualServices: twoServices }));
    expect(resolved.ok && routeKeys(resolved.target)).toEqual(["default/mesh/#0", "default/public/#0"]);
  });

  it("is settled by naming the route", () => {
    const virtualServices = [virtualService([testRoute, { ...SPLIT, name: "main" }])];
    const traffic = { istio: { virtualServices: [{ name: "echo", routes: ["main"] }] } };
    const resolved = resolveTarget(traffic, world({ virtualServices }));
    expect(resolved.ok && resolved.target.routes).toEqual([{ virtualService: "echo", route: "main", index: 1 }]);
  });
});
