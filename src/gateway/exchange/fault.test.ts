import { expect, test } from "vitest";
import { named, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import { explain } from "../explain/explain.ts";
import type { HttpFault, HttpRoute } from "../objects.ts";
import { seededRandom } from "../random.ts";
import { delayedFlags, happens } from "./fault.ts";

const withFault = (fault: HttpFault, more: HttpRoute = {}) =>
  worldOf({ virtualServices: [virtualService([named("x", { fault, ...more })])] });

const fieldsOf = (fault: HttpFault, more?: HttpRoute) =>
  compileTable(withFault(fault, more)).problems.map(({ field }) => field);

test("shares of requests come out as asked, to the ten-thousandth of a percent", () => {
  const random = seededRandom(3);
  const share = (perMillion: number) =>
    Array.from({ length: 20_000 }, () => happens({ perMillion }, random)).filter(Boolean).length / 20_000;
  expect([share(0), share(1_000_000)]).toEqual([0, 1]);
  expect(share(250_000)).toBeCloseTo(0.25, 1);
  expect(happens({ perMillion: 1 }, () => 0.0000009)).toBe(true);
  expect(happens({ perMillion: 1 }, () => 0.000001)).toBe(false);
});

test("a delay is told before what happened next", () => {
  expect(delayedFlags("-")).toBe("DI");
  expect(delayedFlags("URX,UF")).toBe("DI,URX,UF");
});

test.each<[string, HttpFault, string[]]>([
  ["nothing", {}, ["spec.http[0].fault"]],
  ["no status", { abort: { percentage: { value: 1 } } }, ["spec.http[0].fault.abort.httpStatus"]],
  ["a status that is none", { abort: { httpStatus: 99 } }, ["spec.http[0].fault.abort.httpStatus"]],
  ["no time", { delay: { percentage: { value: 1 } } }, ["spec.http[0].fault.delay.fixedDelay"]],
  [
    "too much",
    { abort: { httpStatus: 500, percentage: { value: 101 } } },
    ["spec.http[0].fault.abort.percentage.value"],
  ],
  [
    "too little",
    { delay: { fixedDelay: "1s", percentage: { value: 0.00001 } } },
    ["spec.http[0].fault.delay.percentage.value"],
  ],
  ["all well", { delay: { fixedDelay: "1s", percent: 5 }, abort: { httpStatus: 500, percentage: { value: 0.5 } } }, []],
])("a fault with %s", (_, fault, fields) => expect(fieldsOf(fault)).toEqual(fields));

test("only a route that forwards can have one", () => {
  const fault = { abort: { httpStatus: 500 } };
  expect(fieldsOf(fault, { route: undefined, redirect: { uri: "/x" } })).toEqual(["spec.http[0].fault"]);
});

test("an explanation tells how often; without a percentage there is nothing to tell", () => {
  const texts = (fault: HttpFault) =>
    explain(withFault(fault), { host: "h", method: "GET", path: "/", headers: {} })
      .steps.map(({ text }) => text)
      .filter((text) => text.startsWith("fault"));
  expect(
    texts({ delay: { fixedDelay: "1.5s", percent: 10 }, abort: { httpStatus: 503, percentage: { value: 0.5 } } }),
  ).toEqual([
    "fault: 10 % of the requests wait 1.5s first",
    'fault: 0.5 % of the requests are answered 503 "fault filter abort" (FI)',
  ]);
  expect(texts({ abort: { httpStatus: 503 } })).toEqual([]);
});
