// The bet is fair: enumerated exactly for one batch, and by seeded simulation for whole rollouts.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../../../testbed/sim/random.ts";
import { ALPHA, bet, logBet, oddsAgainstLuck, oddsLimit, PSI_GRID } from "./split-bet.ts";

/** Binomial probabilities of 0..n. */
function binomial(n: number, p: number): number[] {
  const result = [1];
  for (let i = 0; i < n; i++) {
    result.push(0);
    for (let k = i + 1; k >= 0; k--) result[k] = result[k]! * (1 - p) + (k > 0 ? result[k - 1]! * p : 0);
  }
  return result;
}

/** E over all outcomes of one batch, exactly. */
function expectation(canary: [number, number], stable: [number, number], value: (k: number, m: number) => number) {
  const [pc, pb] = [binomial(...canary), binomial(...stable)];
  let sum = 0;
  for (const [k, p] of pc.entries()) for (const [m, q] of pb.entries()) sum += p * q * value(k, m);
  return sum;
}

const batchOf = (requests: number, errors: number) => ({ requests, errors });
const rate = fc.double({ min: 0, max: 1, noNaN: true });
const requests = fc.integer({ min: 0, max: 12 });

describe("one batch", () => {
  it("has an expectation of at most 1 whenever the canary is no worse, for every grid point", () => {
    const property = fc.property(requests, requests, rate, rate, (nc, nb, a, b) => {
      const [pc, pb] = [Math.min(a, b), Math.max(a, b)];
      for (const psi of PSI_GRID) {
        const mean = expectation([nc, pc], [nb, pb], (k, m) => Math.exp(logBet(psi, batchOf(nc, k), batchOf(nb, m))));
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }
    });
    fc.assert(property, { seed: 20_260_101, numRuns: 300 });
  });

  it("is exactly fair at its edge: one request in all, equal rates", () => {
    // One canary request of two: E = psi / (1 + (psi - 1) / 2) or its counterpart, with mean 1 at equal rates.
    const mean = expectation([1, 0.5], [1, 0.5], (k, m) => Math.exp(logBet(3, batchOf(1, k), batchOf(1, m))));
    expect(mean).toBeLessThanOrEqual(1);
    expect(mean).toBeGreaterThan(0.9);
  });

  it("grows when the canary is worse", () => {
    const mean = expectation([10, 0.5], [10, 0.1], (k, m) => Math.exp(logBet(3, batchOf(10, k), batchOf(10, m))));
    expect(mean).toBeGreaterThan(1);
  });
});

describe("the mixture", () => {
  it("begins at 1 and stays there without errors", () => {
    expect(oddsAgainstLuck([])).toBe(1);
    expect(bet([], batchOf(100, 0), batchOf(900, 0))).toEqual([]);
  });

  it("keeps its expectation after any history: the next batch adds nothing on average", () => {
    const history = fc.array(fc.tuple(requests, requests, fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 6,
    });
    const property = fc.property(history, fc.integer({ min: 1, max: 8 }), rate, (past, n, p) => {
      let wealth: number[] = [];
      for (const [nc, nb, share] of past)
        wealth = bet(wealth, batchOf(nc, Math.floor(nc * share)), batchOf(nb, Math.floor(nb * share)));
      const before = oddsAgainstLuck(wealth);
      const after = expectation([n, p], [n, p], (k, m) => oddsAgainstLuck(bet(wealth, batchOf(n, k), batchOf(n, m))));
      expect(after).toBeLessThanOrEqual(before * (1 + 1e-9));
    });
    fc.assert(property, { seed: 7, numRuns: 200 });
  });

  it("is numbers that survive JSON", () => {
    const wealth = bet(bet([], batchOf(10, 3), batchOf(90, 1)), batchOf(10, 0), batchOf(90, 2));
    expect(JSON.parse(JSON.stringify(wealth))).toEqual(wealth);
    expect(wealth.every(Number.isFinite)).toBe(true);
  });

  it("sees a fault that begins after long health nearly as fast as an early one", () => {
    const batchesUntilAbort = (healthy: number) => {
      let wealth: number[] = [];
      for (let i = 0; i < healthy; i++) wealth = bet(wealth, batchOf(100, 1), batchOf(400, 4));
      for (let batches = 1; ; batches++) {
        wealth = bet(wealth, batchOf(100, 4), batchOf(400, 4));
        if (oddsAgainstLuck(wealth) >= 1 / ALPHA) return batches;
      }
    };
    const [early, late] = [batchesUntilAbort(0), batchesUntilAbort(1_000)];
    expect(early).toBeLessThanOrEqual(5);
    expect(late).toBeLessThanOrEqual(4 * early);
  });

  it("halves alpha with each retry", () => {
    expect([1, 2, 3].map(oddsLimit)).toEqual([100, 200, 400]);
  });
});

describe("whole rollouts, by seeded simulation", () => {
  const aborted = (seed: number, errorRate: (poll: number) => { canary: number; stable: number }, weight: number) => {
    const random = seeded(seed);
    let wealth: number[] = [];
    for (let poll = 0; poll < 300; poll++) {
      const rates = errorRate(poll);
      const counts = { canary: batchOf(0, 0), stable: batchOf(0, 0) };
      for (let i = 0; i < 40; i++) {
        const side = random.chance(weight) ? "canary" : "stable";
        counts[side].requests += 1;
        if (random.chance(rates[side])) counts[side].errors += 1;
      }
      wealth = bet(wealth, counts.canary, counts.stable);
      if (oddsAgainstLuck(wealth) >= 1 / ALPHA) return true;
    }
    return false;
  };
  const share = (rates: (poll: number) => { canary: number; stable: number }, weight: number, runs: number) => {
    let count = 0;
    for (let seed = 1; seed <= runs; seed++) if (aborted(seed, rates, weight)) count += 1;
    return count / runs;
  };

  // 400 runs: with a true chance of 1 %, more than 2.75 % is seen in fewer than 1 of 1000 tries.
  it.each([
    ["steady 1 %", () => ({ canary: 0.01, stable: 0.01 }), 0.1],
    ["steady 20 %", () => ({ canary: 0.2, stable: 0.2 }), 0.5],
    [
      "bursts on both",
      (poll: number) => (poll % 40 < 4 ? { canary: 0.5, stable: 0.5 } : { canary: 0, stable: 0 }),
      0.2,
    ],
    ["a better canary", () => ({ canary: 0.01, stable: 0.05 }), 0.2],
  ])("a canary that is no worse is hardly ever taken back: %s", (_, rates, weight) => {
    expect(share(rates, weight, 400)).toBeLessThanOrEqual(0.0275);
  });

  it("a canary with 10 % more errors is always taken back", () => {
    expect(share(() => ({ canary: 0.11, stable: 0.01 }), 0.2, 100)).toBe(1);
  });
});
