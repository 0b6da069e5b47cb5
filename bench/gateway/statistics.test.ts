import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/gateway/random.ts";
import type { Cell } from "./cells.ts";
import type { Sample } from "./measure.ts";
import { plot } from "./plot.ts";
import { KERNEL, readProfile } from "./profile-groups.ts";
import { estimate } from "./statistics.ts";
import { summarize } from "./summary.ts";
import { isMissed, judge } from "./verdict.ts";

describe("estimate", () => {
  it("takes the range of five, and leaves out the outermost of twelve", () => {
    expect(estimate([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 1, high: 5, certainty: 0.9375 });
    const { low, high, certainty } = estimate([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect([low, high]).toEqual([3, 10]);
    expect(certainty).toBeCloseTo(0.9614, 4);
  });

  it("holds the true median as often as it says", () => {
    const random = seededRandom(7);
    const draw = () => -Math.log(1 - random());
    const tries = 4_000;
    let held = 0;
    for (let i = 0; i < tries; i++) {
      const { low, high } = estimate([draw(), draw(), draw(), draw(), draw()]);
      if (low <= Math.LN2 && Math.LN2 <= high) held++;
    }
    expect(held / tries).toBeCloseTo(0.9375, 1);
  });
});

const CELL: Cell = { connections: 32, body: "small", routes: 1 };

/** Rounds differ by a factor that hits all alike, as a busy machine does. */
function samplesOf(rates: Partial<Record<Sample["name"], number>>, cell = CELL, cpuMicros = 50): Sample[] {
  return [1, 0.5, 0.9, 0.3, 0.7].flatMap((factor, round) =>
    (Object.entries(rates) as [Sample["name"], number][]).map(([name, rate]) => ({
      name,
      cell,
      round,
      requestsPerSecond: rate * factor,
      failed: 0,
      p50Ms: 1 / factor,
      p99Ms: 3 / factor,
      cpuMicros,
      systemMicros: 20,
      residentMb: 100,
      peakMb: 120,
      cores: { proxy: 1, client: 0.3, upstream: 0.3, others: 0, stolen: 0 },
    })),
  );
}

describe("verdict", () => {
  it("compares round by round, so that noise which hits all alike disappears", () => {
    const cells = summarize(samplesOf({ gateway: 11_000, envoy: 10_000, nginx: 25_000 }));
    const { envoy, nginx } = cells[0]!.ratios;
    expect(envoy!.requestsPerSecond).toMatchObject({ median: 1.1, certainty: 0.9375 });
    expect(envoy!.requestsPerSecond.high - envoy!.requestsPerSecond.low).toBeLessThan(1e-9);
    expect(nginx!.requestsPerSecond.median).toBeCloseTo(0.44);
  });

  it("fails on a missed target, not on a missed aim or on what was not measured", () => {
    const verdicts = (rates: Partial<Record<Sample["name"], number>>) => {
      const samples = samplesOf(rates);
      return judge(summarize(samples), samples).map((target) => [target.verdict, isMissed(target)]);
    };
    expect(verdicts({ gateway: 11_000, envoy: 10_000, nginx: 25_000 })).toEqual([
      ["met", false],
      ["missed", false],
      ["met", false],
    ]);
    expect(verdicts({ gateway: 9_000, envoy: 10_000, nginx: 15_000 })[0]).toEqual(["missed", true]);
    expect(verdicts({ gateway: 9_000, nginx: 15_000 })[0]).toEqual(["not measured", false]);
  });

  it("finds a cost that grows with the routes", () => {
    const rates = { gateway: 1, envoy: 1, nginx: 1 };
    const samples = [...samplesOf(rates), ...samplesOf(rates, { ...CELL, routes: 500 }, 60)];
    expect(judge(summarize(samples), samples).at(-1)).toMatchObject({ verdict: "missed", certain: true });
  });
});

describe("plot", () => {
  it("has a labelled row for each cell and a mark for each rival in each panel", () => {
    const cells = summarize(samplesOf({ gateway: 11_000, envoy: 10_000, nginx: 25_000 }));
    const svg = plot(cells, "today");
    expect(svg).toContain("32 connections, small, 1 route");
    // One of each in the legend.
    expect(svg.match(/<circle/g)).toHaveLength(1 + 3);
    expect(svg.match(/stroke-width="1.5"/g)).toHaveLength(1 + 3);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

describe("profile", () => {
  it("gives built-in functions to their callers, and the kernel's share to nobody", () => {
    const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 0 });
    const profile = {
      nodes: [
        { id: 1, callFrame: frame("(root)"), children: [2, 4, 6] },
        { id: 2, callFrame: frame("formatEntry", "file:///x/src/gateway/telemetry/access-log.ts"), children: [3] },
        { id: 3, callFrame: frame("join") },
        { id: 4, callFrame: frame("end", "file:///x/src/gateway/clients/http1-downstream.ts"), children: [5] },
        { id: 5, callFrame: frame("writeLatin1String") },
        { id: 6, callFrame: frame("(idle)") },
      ],
      samples: [2, 2, 3, 4, 5, 6],
      timeDeltas: [100, 10, 20, 30, 1_000, 500],
    };
    const read = readProfile(profile, 101);
    expect(read.busyMicros).toBe(60);
    expect(read.groups).toEqual([
      { name: "access log and statistics", micros: 30 },
      { name: "HTTP/1.1: connections, heads, Node's parser", micros: 30 },
    ]);
    expect(read.groups.map(({ name }) => name)).not.toContain(KERNEL);
  });
});
