import { describe, expect, it } from "vitest";
import { TARGET, to, virtualService } from "../../../testbed/rollout/echo-route.ts";
import { canaryAtMost, readSplit } from "./read-split.ts";
import type { RouteRef, TrafficTarget } from "./split.ts";
import type { HttpRoute } from "./virtual-service.ts";

const target = (...routes: RouteRef[]): TrafficTarget => ({ ...TARGET, routes });
const FQDN = "echo.default.svc.cluster.local";

describe("the split of one route", () => {
  it.each<[string, HttpRoute, { stable: number; canary: number }]>([
    ["both written", { route: [to("v1", 80), to("v2", 20)] }, { stable: 80, canary: 20 }],
    ["in the other order", { route: [to("v2", 20), to("v1", 80)] }, { stable: 80, canary: 20 }],
    ["of any sum", { route: [to("v1", 8), to("v2", 2)] }, { stable: 8, canary: 2 }],
    ["by complete host names", { route: [to("v1", 80, FQDN), to("v2", 20)] }, { stable: 80, canary: 20 }],
    ["a single destination without weight is everything", { route: [to("v1")] }, { stable: 100, canary: 0 }],
    ["a single destination tells the total by its weight", { route: [to("v2", 10)] }, { stable: 0, canary: 10 }],
    ["a missing weight beside others is nothing", { route: [to("v1", 100), to("v2")] }, { stable: 100, canary: 0 }],
    [
      "others may be there without weight",
      { route: [to("v1", 50), to("v9", 0), to("v2", 50), to(undefined)] },
      { stable: 50, canary: 50 },
    ],
  ])("%s", (_what, route, split) => {
    expect(readSplit([virtualService([route])], TARGET)).toEqual({ ok: true, ...split });
  });

  it.each<[string, HttpRoute, string]>([
    [
      "another destination has weight",
      { route: [to("v1", 80), to("v2", 10), to("v3", 10)] },
      "http[0] of VirtualService echo: echo:v3 has weight 10 beside the two versions; give it 0 or a route of its own",
    ],
    [
      "the same host without a subset has weight",
      { route: [to("v1", 80), to(undefined, 20)] },
      "http[0] of VirtualService echo: echo has weight 20 beside the two versions; give it 0 or a route of its own",
    ],
    [
      "a short name in another namespace is another host",
      { route: [to("v1", 80), to("v2", 20, "echo.other.svc.cluster.local")] },
      "http[0] of VirtualService echo: echo.other.svc.cluster.local:v2 has weight 20 beside the two versions; give it 0 or a route of its own",
    ],
    [
      "a weight is negative",
      { route: [to("v1", 120), to("v2", -20)] },
      "http[0] of VirtualService echo: weight of echo:v2 is -20; write a whole number from 0",
    ],
    [
      "all weights are zero",
      { route: [to("v1", 0), to("v2", 0)] },
      "http[0] of VirtualService echo: neither version has any weight; give all of it to the stable version",
    ],
    [
      "a destination is there twice",
      { route: [to("v1", 40), to("v1", 40), to("v2", 20)] },
      "http[0] of VirtualService echo: echo:v1 is there twice; leave one, with the sum of both weights",
    ],
  ])("is no split when %s", (_what, route, problem) => {
    expect(readSplit([virtualService([route])], TARGET)).toEqual({ ok: false, problem });
  });
});

describe("the route that is meant", () => {
  const ours = (weight: number) => [to("v1", 100 - weight), to("v2", weight)];
  const named = { virtualService: "echo", route: "main", index: 0 };
  it.each<[string, HttpRoute[], RouteRef, number]>([
    ["is known by its name wherever it moves", [{ route: [to("v7")] }, { name: "main", route: ours(30) }], named, 30],
    [
      "is at its place when it has no name",
      [{ route: ours(10) }, { route: ours(20) }],
      { virtualService: "echo", index: 1 },
      20,
    ],
    [
      "is followed when another one was put before it",
      [{ match: [{ uri: { prefix: "/new" } }], route: [to(undefined, undefined, "other")] }, { route: ours(40) }],
      { virtualService: "echo", index: 0 },
      40,
    ],
  ])("%s", (_what, http, ref, canary) => {
    expect(readSplit([virtualService(http)], target(ref))).toEqual({ ok: true, stable: 100 - canary, canary });
  });

  it.each<[string, HttpRoute[], RouteRef, string]>([
    [
      "its name is gone",
      [{ name: "other", route: ours(10) }],
      named,
      'route "main" of VirtualService echo is gone; put it back, or abort the rollout',
    ],
    [
      "nothing sends to the two versions",
      [{ route: [to("v7")] }],
      { virtualService: "echo", index: 0 },
      "http[0] of VirtualService echo is gone; put it back, or abort the rollout",
    ],
    [
      "its place is another's and two could be it",
      [{ route: [to("v7")] }, { route: ours(1) }, { route: ours(2) }],
      { virtualService: "echo", index: 0 },
      "http[0] of VirtualService echo is gone; put it back, or abort the rollout",
    ],
    [
      "there are no routes",
      [],
      { virtualService: "echo", index: 0 },
      "http[0] of VirtualService echo is gone; put it back, or abort the rollout",
    ],
  ])("is gone when %s", (_what, http, ref, problem) => {
    expect(readSplit([virtualService(http)], target(ref))).toEqual({ ok: false, problem });
  });

  it("is gone with its VirtualService", () => {
    expect(readSplit([], TARGET).ok).toBe(false);
  });
});

describe("several routes", () => {
  const refs = [
    { virtualService: "echo", route: "a", index: 0 },
    { virtualService: "echo", route: "b", index: 1 },
  ];
  it("agree when their shares are the same", () => {
    const http = [
      { name: "a", route: [to("v1", 80), to("v2", 20)] },
      { name: "b", route: [to("v1", 8), to("v2", 2)] },
    ];
    expect(readSplit([virtualService(http)], target(...refs))).toEqual({ ok: true, stable: 80, canary: 20 });
  });

  it("have no split when their shares differ, and both are named", () => {
    const http = [
      { name: "a", route: [to("v1", 80), to("v2", 20)] },
      { name: "b", route: [to("v1", 0), to("v2", 100)] },
    ];
    expect(readSplit([virtualService(http)], target(...refs))).toEqual({
      ok: false,
      disagreeing: [20, 100],
      problem:
        'the routes disagree (stable/canary): route "a" of VirtualService echo has 80/20, route "b" of VirtualService echo has 0/100; set both to the same split, or name the routes to move under spec.traffic.istio.virtualServices[].routes',
    });
  });
});

describe("the most that a canary has in routes without one split", () => {
  const refs = ["a", "b"].map((route, index) => ({ virtualService: "echo", route, index }));
  it.each<[string, HttpRoute[], number | undefined]>([
    ["beside a stranger with weight", [{ name: "a", route: [to("v1", 60), to("v2", 20), to("v3", 20)] }], 20],
    ["in units of the total", [{ name: "a", route: [to("v1", 2), to("v2", 1), to("v3", 1)] }], 25],
    [
      "rounded up, so that a little is not nothing",
      [{ name: "a", route: [to("v1", 999), to("v2", 1), to("v3", 9)] }],
      1,
    ],
    [
      "in the worse of two routes",
      [
        { name: "a", route: [to("v1", 90), to("v2", 10)] },
        { name: "b", route: [to("v2", 100)] },
      ],
      100,
    ],
    ["nothing, where its routes are gone", [{ name: "c", route: [to("v2", 100)] }], 0],
    ["twice there", [{ name: "a", route: [to("v1", 60), to("v2", 20), to("v2", 20)] }], 40],
    ["unknown, where a weight is no weight", [{ name: "a", route: [to("v1", 60), to("v2", -1)] }], undefined],
  ])("%s", (_what, http, most) => {
    expect(canaryAtMost([virtualService(http)], target(...refs))).toBe(most);
  });
});
