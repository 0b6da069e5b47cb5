import * as fc from "fast-check";
import jsonPatch from "fast-json-patch";
import { describe, expect, it } from "vitest";
import { TARGET, to, virtualService } from "../../../testbed/rollout/echo-route.ts";
import { sideOf } from "./destination.ts";
import { type PlanOperation, planSplit } from "./plan-split.ts";
import { readSplit } from "./read-split.ts";
import type { RouteRef, TrafficTarget } from "./split.ts";
import type { HttpRoute, RouteDestination, VirtualService } from "./virtual-service.ts";

const service = (http: HttpRoute[]): VirtualService => ({
  ...virtualService(http),
  metadata: { name: "echo", namespace: "default", resourceVersion: "7" },
});
const target = (routes: RouteRef[], total = 100): TrafficTarget => ({ ...TARGET, routes, total });
const FIRST: RouteRef = { virtualService: "echo", index: 0 };

function operationsOf(from: VirtualService, to: TrafficTarget, weight: number): PlanOperation[] {
  const plan = planSplit(from, to, weight);
  if (!plan.ok) throw new Error(plan.problem);
  return plan.operations;
}

function patched(from: VirtualService, operations: PlanOperation[]): VirtualService {
  return jsonPatch.applyPatch(structuredClone(from), operations, true, false).newDocument;
}

describe("the patch", () => {
  it("replaces two weights and tests the version, the destinations and the weights it was planned on", () => {
    expect(operationsOf(service([{ route: [to("v1", 80), to("v2", 20)] }]), target([FIRST]), 50)).toEqual([
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      { op: "test", path: "/spec/http/0/route/0/destination", value: { host: "echo", subset: "v1" } },
      { op: "test", path: "/spec/http/0/route/0/weight", value: 80 },
      { op: "test", path: "/spec/http/0/route/1/destination", value: { host: "echo", subset: "v2" } },
      { op: "test", path: "/spec/http/0/route/1/weight", value: 20 },
      { op: "replace", path: "/spec/http/0/route/0/weight", value: 50 },
      { op: "replace", path: "/spec/http/0/route/1/weight", value: 50 },
    ]);
  });

  const changes = (http: HttpRoute[], ref: RouteRef, weight: number) =>
    operationsOf(service(http), target([ref]), weight).filter(({ op }) => op !== "test");
  const ADDS: RouteRef = { ...FIRST, adds: "canary" };
  const IMPLIED: RouteRef = { ...ADDS, impliedWeight: true };

  it.each<[string, HttpRoute, RouteRef, number, unknown[]]>([
    ["is empty when the split is there", { route: [to("v1", 80), to("v2", 20)] }, FIRST, 20, []],
    ["is empty when everything goes to an only destination", { route: [to("v2")] }, FIRST, 100, []],
    ["is empty when nothing is wanted of what is absent", { route: [to("v1")] }, FIRST, 0, []],
    [
      "writes a weight that was only implied",
      { route: [to("v1", 100), to("v2")] },
      FIRST,
      10,
      [
        { op: "replace", path: "/spec/http/0/route/0/weight", value: 90 },
        { op: "add", path: "/spec/http/0/route/1/weight", value: 10 },
      ],
    ],
    [
      "adds an absent canary beside stable, port and all",
      { route: [{ destination: { host: "echo", subset: "v1", port: { number: 80 } }, headers: { request: {} } }] },
      IMPLIED,
      10,
      [
        { op: "add", path: "/spec/http/0/route/0/weight", value: 90 },
        {
          op: "add",
          path: "/spec/http/0/route/-",
          value: { destination: { host: "echo", subset: "v2", port: { number: 80 } }, weight: 10 },
        },
      ],
    ],
    [
      "adds an absent stable to go back to",
      { route: [to("v2", 100)] },
      { ...FIRST, adds: "stable" },
      0,
      [
        {
          op: "add",
          path: "/spec/http/0/route/-",
          value: { destination: { host: "echo", subset: "v1" }, weight: 100 },
        },
        { op: "replace", path: "/spec/http/0/route/0/weight", value: 0 },
      ],
    ],
    [
      "removes what Serin added, and the weight that was not there before",
      { route: [to("v1", 90), to("v2", 10)] },
      IMPLIED,
      0,
      [
        { op: "remove", path: "/spec/http/0/route/0/weight" },
        { op: "remove", path: "/spec/http/0/route/1" },
      ],
    ],
    [
      "leaves the weight that was there before",
      { route: [to("v1", 90), to("v2", 10)] },
      ADDS,
      0,
      [
        { op: "replace", path: "/spec/http/0/route/0/weight", value: 100 },
        { op: "remove", path: "/spec/http/0/route/1" },
      ],
    ],
    [
      "keeps what Serin added when it carries everything",
      { route: [to("v1", 50), to("v2", 50)] },
      IMPLIED,
      100,
      [
        { op: "replace", path: "/spec/http/0/route/0/weight", value: 0 },
        { op: "replace", path: "/spec/http/0/route/1/weight", value: 100 },
      ],
    ],
  ])("%s", (_what, route, ref, weight, expected) => {
    expect(changes([route], ref, weight)).toEqual(expected);
  });

  it("fails when a destination came in between", () => {
    const before = service([{ route: [to("v1", 80), to("v2", 20)] }]);
    const after = service([{ route: [to("v3", 0), to("v1", 80), to("v2", 20)] }]);
    expect(() => patched(after, operationsOf(before, target([FIRST]), 50))).toThrow("Test operation failed");
  });

  it("is no plan when the route is gone, except for taking traffic back, which works in the routes that are left", () => {
    expect(planSplit(service([]), target([FIRST]), 50)).toMatchObject({ ok: false });
    const two = target(["gone", "left"].map((route, index) => ({ virtualService: "echo", route, index })));
    const plan = planSplit(service([{ name: "left", route: [to("v1", 80), to("v2", 20)] }]), two, 0);
    expect(plan).toMatchObject({
      ok: true,
      operations: expect.arrayContaining([{ op: "replace", path: "/spec/http/0/route/1/weight", value: 0 }]),
    });
  });

  it("takes everything from the canary beside a stranger with weight", () => {
    const route = { route: [to("v1", 70), to("v3", 10), to("v2", 20)] };
    expect(changes([route], FIRST, 0)).toEqual([
      { op: "replace", path: "/spec/http/0/route/0/weight", value: 100 },
      { op: "replace", path: "/spec/http/0/route/2/weight", value: 0 },
    ]);
  });

  it("is no plan when a named route sends elsewhere by now, except for taking traffic back, which is done", () => {
    const elsewhere = service([{ name: "main", route: [to("v9")] }]);
    const goal = target([{ ...FIRST, route: "main" }]);
    expect(planSplit(elsewhere, goal, 10)).toMatchObject({ ok: false });
    expect(planSplit(elsewhere, goal, 0)).toEqual({ ok: true, operations: [] });
  });

  it("refuses a weight beyond the total as a bug", () => {
    expect(() => planSplit(service([{ route: [to("v1")] }]), target([FIRST]), 101)).toThrow("not a whole number");
    expect(() => planSplit(service([{ route: [to("v1")] }]), target([FIRST]), 0.5)).toThrow("not a whole number");
  });
});

describe("for any VirtualService and weight", () => {
  const foreign = fc.constantFrom(to("v8", 0), to("v9"), { destination: { host: "other" }, weight: 0 });
  const extras = fc.record(
    {
      timeout: fc.constant("5s"),
      retries: fc.constant({ attempts: 2 }),
      headers: fc.constant({ request: { add: { a: "<&>" } } }),
    },
    { requiredKeys: [] },
  );
  /** A route that sends to one side or both, with strangers of no weight around. */
  const movedRoute = fc
    .record({
      stable: fc.integer({ min: 0, max: 50 }),
      canary: fc.integer({ min: 0, max: 50 }),
      only: fc.constantFrom("both", "stable", "canary"),
      strangers: fc.array(foreign, { maxLength: 2 }),
      last: fc.boolean(),
      extras,
    })
    .map(({ stable, canary, only, strangers, last, extras }): HttpRoute => {
      const sides = [to("v1", stable), to("v2", canary)].filter(
        (_, index) => only === "both" || (only === "stable") === (index === 0),
      );
      return { ...extras, route: last ? [...strangers, ...sides] : [...sides, ...strangers] };
    });
  const otherRoute = fc.constant<HttpRoute>({
    match: [{ uri: { prefix: "/other" } }],
    route: [{ destination: { host: "other" } }],
  });
  const world = fc
    .record({
      routes: fc.array(fc.oneof(movedRoute, otherRoute), { minLength: 1, maxLength: 4 }),
      total: fc.integer({ min: 1, max: 200 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      named: fc.boolean(),
    })
    .map(({ routes, total, share, named }) => {
      const http = routes.map((route, index) => (named ? { name: `r${index}`, ...route } : route));
      const refs = http.flatMap((route, index): RouteRef[] => {
        if (!route.route!.some(isOurs)) return [];
        return [{ virtualService: "echo", index, ...(named ? { route: `r${index}` } : {}) }];
      });
      return { before: service(http), goal: target(refs, total), weight: Math.round(share * total) };
    })
    .filter(({ goal }) => goal.routes.length > 0);

  const isOurs = ({ destination }: RouteDestination) => sideOf(destination, target([])) !== undefined;

  it("the patch applied gives the split wanted, in every route, summing to the total", () => {
    fc.assert(
      fc.property(world, ({ before, goal, weight }) => {
        const after = patched(before, operationsOf(before, goal, weight));
        const split = readSplit([after], goal);
        expect(split).toMatchObject({ ok: true });
        if (!split.ok) return;
        expect(split.canary * goal.total).toBe(weight * (split.stable + split.canary));
        for (const { index } of goal.routes) {
          const ours = after.spec.http![index]!.route!.filter(isOurs);
          if (after.spec.http![index]!.route!.length > 1)
            expect(ours.reduce((sum, each) => sum + (each.weight ?? 0), 0)).toBe(goal.total);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("nothing else changes by a byte", () => {
    const stripped = (from: VirtualService) => ({
      ...from,
      spec: {
        ...from.spec,
        http: from.spec.http!.map((route) => ({ ...route, route: route.route!.filter((each) => !isOurs(each)) })),
      },
    });
    fc.assert(
      fc.property(world, ({ before, goal, weight }) => {
        const after = patched(before, operationsOf(before, goal, weight));
        expect(JSON.stringify(stripped(after))).toBe(JSON.stringify(stripped(before)));
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it("planning again on the result changes nothing", () => {
    fc.assert(
      fc.property(world, ({ before, goal, weight }) => {
        const after = patched(before, operationsOf(before, goal, weight));
        expect(operationsOf(after, goal, weight)).toEqual([]);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("an added canary that goes back to nothing leaves the object as it was", () => {
    fc.assert(
      fc.property(
        extras,
        fc.option(fc.constant(100), { nil: undefined }),
        fc.integer({ min: 1, max: 100 }),
        (more, written, weight) => {
          const before = service([{ ...more, route: [to("v1", written)] }]);
          const ref: RouteRef = { ...FIRST, adds: "canary", ...(written === undefined ? { impliedWeight: true } : {}) };
          const during = patched(before, operationsOf(before, target([ref]), weight));
          expect(during.spec.http![0]!.route).toHaveLength(2);
          const after = patched(during, operationsOf(during, target([ref]), 0));
          expect(JSON.stringify(after)).toBe(JSON.stringify(before));
        },
      ),
      { seed: 4, numRuns: 200 },
    );
  });
});
