import { expect, test } from "vitest";
import { destinationRule, named, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import type { OutlierDetection } from "../objects.ts";
import type { OutlierPolicy } from "../routing/table.ts";
import { Outliers } from "./outlier.ts";

const POLICY: OutlierPolicy = {
  consecutiveErrors: 3,
  consecutiveGatewayErrors: 2,
  intervalMs: 1_000,
  baseEjectionMs: 2_000,
  maxEjectionPercent: 100,
  minHealthPercent: 0,
};
const ALL = ["a", "b", "c", "d"];

function outliers(policy: Partial<OutlierPolicy> = {}) {
  const made = new Outliers<string>({ ...POLICY, ...policy }, 0);
  const fail = (item: string, atMs: number, ...codes: number[]) => {
    for (const code of codes) made.observe(item, code, ALL, atMs);
  };
  const at = (nowMs: number) => made.available(ALL, nowMs).join("");
  return { made, fail, at };
}

test("errors in a row put an endpoint out until the first look after its time; then it counts anew", () => {
  const { fail, at } = outliers();
  fail("a", 100, 500, 500);
  expect(at(100)).toBe("abcd");
  fail("a", 100, 500);
  expect([at(100), at(2_999), at(3_000)]).toEqual(["bcd", "bcd", "abcd"]);
  fail("a", 3_000, 500, 500);
  expect(at(3_000)).toBe("abcd");
});

test("any other answer breaks the row; only 502 to 504 count as gateway errors", () => {
  const { fail, at } = outliers();
  fail("a", 0, 500, 500, 404, 500, 500, 200, 503, 500, 200);
  expect(at(0)).toBe("abcd");
  fail("b", 0, 504, 502);
  expect(at(0)).toBe("acd");
  const off = outliers({ consecutiveErrors: 0, consecutiveGatewayErrors: 0 });
  off.fail("a", 0, ...Array.from({ length: 50 }, () => 503));
  expect(off.at(0)).toBe("abcd");
});

test("each time it is out longer, unless it has been well in between", () => {
  const { fail, at } = outliers();
  fail("a", 0, 500, 500, 500);
  fail("a", 2_000, 500, 500, 500);
  expect([at(5_999), at(6_000)]).toEqual(["bcd", "abcd"]);
  fail("a", 60_000, 500, 500, 500);
  expect([at(61_999), at(62_000)]).toEqual(["bcd", "abcd"]);
});

test("no more than the allowed share is out: with the default of 10 % none of four", () => {
  const half = outliers({ maxEjectionPercent: 50 });
  for (const item of ALL) half.fail(item, 0, 500, 500, 500);
  expect(half.at(0)).toBe("cd");
  const tenth = outliers({ maxEjectionPercent: 10 });
  tenth.fail("a", 0, 500, 500, 500);
  expect(tenth.at(0)).toBe("abcd");
});

test("when too few are left all are asked; with the default nobody is", () => {
  const panic = outliers({ minHealthPercent: 50 });
  for (const item of ["a", "b"]) panic.fail(item, 0, 500, 500, 500);
  expect(panic.at(0)).toBe("cd");
  panic.fail("c", 0, 500, 500, 500);
  expect(panic.at(0)).toBe("abcd");
  const { fail, at } = outliers();
  for (const item of ALL) fail(item, 0, 500, 500, 500);
  expect(at(0)).toBe("");
});

test("an endpoint that is gone is forgotten", () => {
  const { made, fail, at } = outliers();
  fail("a", 0, 500, 500, 500);
  made.keep(["b", "c", "d"]);
  expect(at(0)).toBe("abcd");
});

test.each<[OutlierDetection, string[]]>([
  [{ consecutive5xxErrors: 1, interval: "1s", maxEjectionPercent: 100 }, []],
  [{ maxEjectionPercent: 101 }, ["maxEjectionPercent"]],
  [{ interval: "0s" }, ["interval"]],
])("%j", (outlierDetection, fields) => {
  const world = worldOf({
    virtualServices: [virtualService([named("x")])],
    destinationRules: [destinationRule({ trafficPolicy: { outlierDetection } })],
  });
  expect(compileTable(world).problems.map(({ field }) => field)).toEqual(
    fields.map((field) => `spec.trafficPolicy.outlierDetection.${field}`),
  );
  expect([...compileTable(world).table.clusters.values()][0]!.outlier).toBeDefined();
});
