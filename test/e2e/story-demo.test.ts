// The story end to end, as `npm start` plays it, with a second open-loop client of the test's own that never stops
// sending: what Serin's own client says is not taken on trust.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenLoop, startOpenLoop } from "../../src/load/open-loop.ts";
import { failuresNotOf, Tally } from "../../src/load/tally.ts";
import type { Report } from "../../src/story/report.ts";
import {
  answer,
  endAll,
  family,
  place,
  type Running,
  start,
  survivors,
  untilText,
  untilTrue,
} from "./serin-process.ts";

const RATE_PER_SECOND = 200;

describe("the story", () => {
  let where: Awaited<ReturnType<typeof place>>;
  let running: Running;

  beforeAll(async () => {
    where = await place();
  });
  afterAll(async () => {
    if (running.child.pid !== undefined) await endAll(family(running.child.pid));
    where.remove();
  });

  it("plays three acts without one failed request that is not v3's own", async () => {
    running = start([...where.flags, "--fast"], { npm: true });
    await untilTrue("a first answer", 30_000, async () => (await answer(where.port)).status === 200);
    const tally = new Tally();
    const load = startOpenLoop({ url: `http://localhost:${where.port}/`, ratePerSecond: RATE_PER_SECOND }, tally);
    await untilText(running, /Ctrl-C ends it/, 90_000);
    await load.stop();
    const reading = tally.read();
    expect(reading.failures, running.text()).toEqual(
      reading.versions.v3 ? { "500 from v3": reading.versions.v3.failed } : {},
    );
    expect(failuresNotOf(reading, "v3")).toBe(0);
    expect(reading.versions.v1?.ok).toBeGreaterThan(500);
    expect(reading.versions.v2?.ok).toBeGreaterThan(500);
    expect(onTime(load, reading.sent)).toBe(true);
  });

  it("narrates line by line, without colour or redraw when piped, and ends with what to try next", () => {
    const text = running.text();
    for (const part of [
      "Act 1: by hand",
      "$ kubectl apply -f examples/echo/vs-50-50.yaml",
      "half and half",
      "Act 2: by Serin",
      "Act 3: the bad release",
      "how sure: odds of",
      "Every promise of the story held",
      `kubectl --kubeconfig ${where.home}/kubeconfig`,
      "npx serin",
    ])
      expect(text).toContain(part);
    expect(text).not.toContain("\u001B");
    expect(text).not.toContain("\r");
  });

  it("reports pods, counts per phase, routes, metrics and the rollback with its evidence", () => {
    const report = readReport(where.home);
    expect(report).toMatchObject({ held: true, failures: [], figures: { failedBySerin: 0 } });
    // Two clients share the route here, so each sees the exact split only about.
    const [v1, v2] = report.phases.find(({ file }) => file === "echo-canary.yaml")!.shares;
    expect(v1!.percent).toBeGreaterThan(70);
    expect(v2!.percent).toBeGreaterThan(10);
    const rollback = report.rollouts.find(({ to }) => to === "v3")!;
    expect(rollback.phase).toBe("Aborted");
    expect(rollback.evidence!.canary.errors).toBeGreaterThan(0);
    expect(rollback.evidence!.odds).toBeGreaterThanOrEqual(rollback.evidence!.limit);
    expect(report.figures.failedByBadVersion).toBeGreaterThan(0);
    expect(report.pods.filter(({ ready }) => ready)).toHaveLength(6);
    expect(report.metrics.some((line) => line.includes('destination_workload="echo-v3"'))).toBe(true);
    expect(JSON.stringify(report.routes)).toContain('"weight":100');
    expect(existsSync(join(where.home, "report", "report.md"))).toBe(true);
  });

  it("keeps its state over a kill -9: the same answers come back without anything being applied", async () => {
    const all = family(running.child.pid!);
    const { pid } = JSON.parse(readFileSync(join(where.home, "lock"), "utf8")) as { pid: number };
    process.kill(pid, "SIGKILL");
    expect(await survivors(all, 5_000)).toEqual([]);
    expect((await answer(where.port)).status).toBe(0);
    running = start(["up", ...where.flags]);
    await untilTrue("an answer of v2", 20_000, async () => /\bv2\b/.test((await answer(where.port)).text));
    await untilText(running, /kubeconfig/);
    running.child.kill("SIGTERM");
    await running.exited;
  });

  it("begins again cleanly on what an earlier run left, says so, and ends by itself with 0; and it needs no loopback aliases", async () => {
    const env = { SERIN_POD_ADDRESSES: "ports" };
    running = start(["--once", "--fast", ...where.flags], { npm: true, env });
    expect(await running.exited, running.text()).toBe(0);
    expect(running.text()).toContain("An earlier run left");
    const report = readReport(where.home);
    expect(report.held).toBe(true);
    expect(report.pods.map(({ ip }) => ip.startsWith("127."))).not.toContain(true);
  });
});

/** The client itself was never so late that a failure could have hidden in the gap. */
function onTime(load: OpenLoop, sent: number): boolean {
  return load.latestMs < 1_000 && sent > RATE_PER_SECOND * 10;
}

function readReport(home: string): Report {
  return JSON.parse(readFileSync(join(home, "report", "report.json"), "utf8")) as Report;
}
