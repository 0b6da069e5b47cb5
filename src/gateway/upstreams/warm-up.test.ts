import * as fc from "fast-check";
import { expect, test } from "vitest";
import { named, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import { compileTable } from "../compile/compile.ts";
import type { NodeRequestView } from "../exchange/request-view.ts";
import type { Balance, Cluster, Endpoint, WarmUp } from "../routing/table.ts";
import { Stats } from "../telemetry/stats.ts";
import { LiveTable } from "./live-table.ts";
import { Turns } from "./turns.ts";
import { warmShare } from "./warm-up.ts";

const warmUp = (parts: Partial<WarmUp> = {}): WarmUp => ({
  windowMs: 10_000,
  minimumShare: 0.1,
  aggression: 1,
  ...parts,
});

test.each<[Partial<WarmUp>, number, number]>([
  [{}, 0, 0.1],
  [{}, 500, 0.1],
  [{}, 5_000, 0.5],
  [{}, 9_999, 0.9999],
  [{}, 10_000, 1],
  [{}, 1e9, 1],
  [{ minimumShare: 0.4 }, 3_000, 0.4],
  [{ minimumShare: 0 }, 0, 0.0001],
  // Faster at first, then slower at first.
  [{ aggression: 2 }, 2_500, 0.5],
  [{ aggression: 0.5 }, 5_000, 0.25],
])("%j at %i ms: %d of the full share", (parts, ageMs, share) => {
  expect(warmShare(warmUp(parts), ageMs)).toBeCloseTo(share, 6);
});

test("a share never shrinks with age, is never below the minimum and ends whole", () => {
  const policies = fc.record({
    windowMs: fc.integer({ min: 1, max: 3_600_000 }),
    minimumShare: fc.double({ min: 0, max: 1, noNaN: true }),
    aggression: fc.double({ min: 0.05, max: 20, noNaN: true }),
  });
  const ages = fc.tuple(fc.nat(4_000_000), fc.nat(4_000_000));
  fc.assert(
    fc.property(policies, ages, (policy, [a, b]) => {
      const [younger, older] = [a, b].sort((x, y) => x - y).map((age) => warmShare(policy, age)) as [number, number];
      expect(younger).toBeLessThanOrEqual(older);
      expect(younger).toBeGreaterThanOrEqual(policy.minimumShare);
      expect(older).toBeLessThanOrEqual(1);
      expect(warmShare(policy, policy.windowMs)).toBe(1);
    }),
  );
});

test("turns are shared out by weight, and who was away makes up for one turn only", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => ({ name, weight: 1 })) as [Item, Item, Item];
  const turns = new Turns<Item>();
  const order = (items: Item[], count: number) =>
    Array.from({ length: count }, () => turns.next(items, ({ weight }) => weight).name).join("");
  expect(order([a, b, c], 6)).toBe("abcabc");
  a.weight = 2;
  expect(count(order([a, b, c], 40))).toEqual([20, 10, 10]);
  order([a, b], 300);
  expect(count(order([a, b, c], 8)).at(2)).toBeLessThanOrEqual(3);
});

interface Item {
  name: string;
  weight: number;
}

function count(order: string): number[] {
  return ["a", "b", "c"].map((name) => order.split(name).length - 1);
}

/** A live table with one cluster, under a clock that the test sets. */
class Bench {
  nowMs = 0;
  readonly #balance: Balance;
  readonly #live = new LiveTable({ stats: new Stats(), seed: 3, monotonicMs: () => this.nowMs });

  constructor(balance: Balance) {
    this.#balance = balance;
  }

  swap(names: readonly string[]): void {
    const cluster: Cluster = {
      ...[...compileTable(worldOf({ virtualServices: [virtualService([named("x")])] })).table.clusters.values()][0]!,
      balance: this.#balance,
      warmUp: warmUp(),
      endpoints: names.map(endpoint),
    };
    this.#live.swap({ ...this.#live.table, clusters: new Map([["c", cluster]]) });
  }

  /** How many of so many requests, one after the other, each endpoint gets. */
  ask(count: number): Record<string, number> {
    const got: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const { address } = this.#live.cluster("c")!.pick(undefined, {} as NodeRequestView)!.endpoint;
      got[address] = (got[address] ?? 0) + 1;
    }
    return got;
  }
}

function endpoint(name: string): Endpoint {
  const workload = {
    name,
    namespace: "default",
    version: "1",
    app: "a",
    canonicalService: "a",
    canonicalRevision: "1",
  };
  return { address: name, dial: "127.0.0.1:1", pod: name, workload };
}

test.each<Balance>(["round_robin", "least_request"])(
  "%s: a new endpoint grows from a tenth to its share",
  (balance) => {
    const bench = new Bench(balance);
    bench.swap(["old"]);
    bench.nowMs = 60_000;
    bench.swap(["new", "old"]);
    const shares = [0, 2_000, 5_000, 8_000].map((ageMs) => {
      bench.nowMs = 60_000 + ageMs;
      const got = bench.ask(1_100);
      return got["new"]! / got["old"]!;
    });
    for (const [i, share] of [0.1, 0.2, 0.5, 0.8].entries()) expect(shares[i]).toBeCloseTo(share, 1);
    bench.nowMs = 70_000;
    const { new: fresh = 0, old = 0 } = bench.ask(2_000);
    expect(Math.abs(fresh - old)).toBeLessThan(200);
  },
);

test("all equally new get the same", () => {
  const bench = new Bench("round_robin");
  bench.swap(["a", "b"]);
  expect(bench.ask(100)).toEqual({ a: 50, b: 50 });
});

test("an endpoint's age survives every swap of the table, and ends when it leaves", () => {
  const swaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.subarray(["x", "y"])), { maxLength: 12 });
  fc.assert(
    fc.property(swaps, (steps) => {
      const bench = new Bench("round_robin");
      bench.swap(["old"]);
      bench.nowMs = 100_000;
      let before = 0;
      const born = bench.nowMs;
      bench.swap(["new", "old"]);
      for (const [afterMs, others] of steps) {
        bench.nowMs += afterMs;
        bench.swap(["new", "old", ...others]);
        const { new: fresh = 0, old = 0 } = bench.ask(1_000);
        const share = fresh / old;
        expect(share).toBeGreaterThan(before - 0.05);
        expect(share).toBeCloseTo(Math.min(1, Math.max(0.1, (bench.nowMs - born) / 10_000)), 1);
        before = share;
      }
      bench.swap(["old"]);
      bench.swap(["new", "old"]);
      const { new: again = 0, old = 0 } = bench.ask(1_100);
      expect(again / old).toBeCloseTo(0.1, 1);
    }),
    { numRuns: 30, seed: 5 },
  );
});
