// Small decisions of the commands, as tables.

import { expect, test } from "vitest";
import { echoCanary, PROGRESSING } from "../../testbed/rollout/echo-canary.ts";
import type { Verb } from "../core/spec/action.ts";
import type { Step } from "../core/spec/canary.ts";
import { requestOf } from "./commands/explain-route.ts";
import { reportLines } from "./commands/load.ts";
import { judge } from "./commands/status.ts";
import { fit } from "./live-screen.ts";
import { percentAfter } from "./preview-action.ts";

const STEPS: Step[] = [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { setWeight: 80 }];

test.each<{ verb: Verb; step: number; percent: number | undefined }>([
  { verb: "abort", step: 2, percent: 0 },
  { verb: "undo", step: 4, percent: 0 },
  { verb: "promoteFull", step: 0, percent: 100 },
  { verb: "promote", step: 0, percent: undefined },
  { verb: "promote", step: 1, percent: 50 },
  { verb: "skip", step: 2, percent: 80 },
  { verb: "promote", step: 3, percent: 100 },
  { verb: "pause", step: 1, percent: undefined },
  { verb: "resume", step: 1, percent: undefined },
  { verb: "retry", step: 1, percent: undefined },
])("$verb at step index $step leads at once to $percent", ({ verb, step, percent }) => {
  expect(percentAfter(verb, STEPS, step)).toBe(percent);
});

test.each([
  { name: "no status yet", canary: echoCanary(), pinned: undefined, done: false },
  {
    name: "a status of an older spec",
    canary: echoCanary({ phase: "Completed", observedGeneration: 0 }),
    pinned: undefined,
    done: false,
  },
  { name: "under way", canary: echoCanary({}), pinned: "6f9c2ab1", done: false },
  { name: "waiting for a person", canary: echoCanary({ phase: "Paused" }), pinned: undefined, done: false },
  { name: "on its way back", canary: echoCanary({ phase: "Aborting" }), pinned: undefined, done: false },
  { name: "completed", canary: echoCanary({ phase: "Completed" }), pinned: "6f9c2ab1", done: true, exitCode: 0 },
  {
    name: "another rollout completed",
    canary: echoCanary({ phase: "Completed" }),
    pinned: "other",
    done: true,
    exitCode: 1,
  },
  { name: "aborted", canary: echoCanary({ phase: "Aborted" }), pinned: undefined, done: true, exitCode: 1 },
  {
    name: "no rollout",
    canary: echoCanary({ phase: "Stalled", rollout: undefined }),
    pinned: undefined,
    done: true,
    exitCode: 1,
  },
  { name: "deleted", canary: undefined, pinned: undefined, done: true, exitCode: 1 },
])("waiting for the end: $name", ({ canary, pinned, done, exitCode }) => {
  const verdict = judge(canary, pinned);
  expect(verdict).toMatchObject(exitCode === undefined ? { done } : { done, exitCode });
});

test("a step index beyond the pinned rollout's id does not matter to the wait", () => {
  expect(judge(echoCanary({ rollout: { ...PROGRESSING.rollout!, step: 5 } }), "6f9c2ab1")).toEqual({ done: false });
});

test.each([
  {
    url: "http://localhost:8080/a?b=c",
    flags: {},
    request: { host: "localhost:8080", path: "/a?b=c", method: "GET", port: 80 },
  },
  {
    url: "echo.example.com",
    flags: { method: "post" },
    request: { host: "echo.example.com", path: "/", method: "POST", port: 80 },
  },
  { url: "https://a.b/x", flags: {}, request: { host: "a.b", port: 443 } },
  {
    url: "http://a.b",
    flags: { port: 8443, header: ["X-User: jane", "Host: c.d"] },
    request: { host: "c.d", port: 8443, headers: { "x-user": "jane", host: "c.d" } },
  },
])("explain-route $url", ({ url, flags, request }) => {
  expect(requestOf(url, { method: "GET", ...flags })).toMatchObject(request);
});

test("a terminal that is too low loses the end, not the head", () => {
  const lines = ["1", "2", "3", "4", "5"];
  expect(fit(lines, {})).toEqual(lines);
  expect(fit(lines, { rows: 6 })).toEqual(lines);
  expect(fit(lines, { rows: 5 })).toEqual(["1", "2", "3", "... 2 more lines: make the terminal higher"]);
  expect(fit(lines, { rows: 0 })).toEqual(lines);
});

test("a load report counts by version and names answers that never came", () => {
  const report = {
    sent: 10,
    versions: { v2: { answers: 2, errors: 0 }, v1: { answers: 7, errors: 1 } },
    codes: { "0": 1, "200": 8, "503": 1 },
    latencyMs: { p50: 1.24, p90: 12.4, p99: 99.6, max: 100 },
    elapsedMs: 1_040,
  };
  expect(reportLines(report)).toEqual([
    "VERSION   ANSWERS   SHARE   FAILED",
    "v1        7         78 %    1",
    "v2        2         22 %    0",
    "",
    "10 requests in 1.0 s; codes no answer: 1, 200: 8, 503: 1",
    "latency ms: p50 1.2, p90 12, p99 100, max 100",
  ]);
});
