import { expect, test } from "vitest";
import { named, routeOf, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { explain } from "../explain/explain.ts";
import type { HttpRoute } from "../objects.ts";
import type { ForwardAction } from "../routing/table.ts";
import { compileTable } from "./compile.ts";

const worldWith = (route: HttpRoute) => worldOf({ virtualServices: [virtualService([named("x", route)])] });

function mirrorsOf(route: HttpRoute) {
  const action = routeOf(compileTable(worldWith(route)).table, {})!.action as ForwardAction;
  return action.mirrors?.map(({ clusterKey, perMillion }) => [clusterKey, perMillion]);
}

const V2 = { host: "echo", subset: "v2" };
const V2_KEY = "outbound|80|v2|echo.default.svc.cluster.local";

test.each<[string, HttpRoute, number | undefined]>([
  ["all by default", { mirror: V2 }, 1_000_000],
  ["a share", { mirror: V2, mirrorPercentage: { value: 0.5 } }, 5_000],
  ["none", { mirror: V2, mirrorPercentage: { value: 0 } }, undefined],
  ["the old spelling", { mirror: V2, mirrorPercent: 30 }, 300_000],
  ["both spellings", { mirror: V2, mirrorPercent: 30, mirrorPercentage: { value: 1 } }, 10_000],
])("%s", (_, route, perMillion) =>
  expect(mirrorsOf(route)).toEqual(perMillion === undefined ? undefined : [[V2_KEY, perMillion]]),
);

test("several mirrors, each with its share", () => {
  const v1 = { host: "echo", subset: "v1", port: { number: 81 } };
  expect(mirrorsOf({ mirrors: [{ destination: V2 }, { destination: v1, percentage: { value: 10 } }] })).toEqual([
    [V2_KEY, 1_000_000],
    ["outbound|81|v1|echo.default.svc.cluster.local", 100_000],
  ]);
});

test.each<[string, HttpRoute, string]>([
  ["both forms", { mirror: V2, mirrors: [{ destination: V2 }] }, "spec.http[0].mirrors"],
  ["no host", { mirrors: [{}] }, "spec.http[0].mirrors[0].destination.host"],
  ["too much", { mirror: V2, mirrorPercentage: { value: 200 } }, "spec.http[0].mirrorPercentage.value"],
])("%s is refused", (_, route, field) =>
  expect(compileTable(worldWith(route)).problems.map((problem) => problem.field)).toEqual([field]),
);

test("an explanation names them, and says when nobody is there", () => {
  const mirrors = [{ destination: V2 }, { destination: { host: "nobody" }, percentage: { value: 5 } }];
  const steps = explain(worldWith({ mirrors }), { host: "h", method: "GET", path: "/", headers: {} }).steps;
  expect(steps.filter(({ text }) => text.startsWith("mirror"))).toEqual([
    {
      taken: true,
      text: "mirror: 100 % of the requests are copied to echo.default.svc.cluster.local subset v2, answers are dropped",
    },
    {
      taken: false,
      text: "mirror: 5 % of the requests are copied to nobody.default.svc.cluster.local, answers are dropped, but nobody there is ready: nothing is sent",
    },
  ]);
});
