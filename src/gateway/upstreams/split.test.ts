import { array, assert, integer, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../random.ts";
import { Splitter } from "./split.ts";

const weights = array(nat({ max: 60 }), { minLength: 1, maxLength: 5 }).filter((list) => list.some((each) => each > 0));

describe("permuted blocks", () => {
  test("every aligned block is exact, whatever the weights and the seed", () => {
    assert(
      property(weights, integer(), (list, seed) => {
        const divisor = list.reduce(gcd);
        const block = list.map((each) => each / divisor);
        const size = block.reduce((a, b) => a + b);
        const splitter = new Splitter(list, seededRandom(seed));
        for (let n = 0; n < 4; n++) {
          const counts = list.map(() => 0);
          for (let i = 0; i < size; i++) counts[splitter.next()]!++;
          expect(counts).toEqual(block);
        }
      }),
      { seed: 20_261_124, numRuns: 300 },
    );
  });

  test("a destination of weight zero gets nothing, ever", () => {
    const splitter = new Splitter([0, 3, 0, 1], seededRandom(1));
    for (let i = 0; i < 1_000; i++) expect([1, 3]).toContain(splitter.next());
  });

  test("equal seeds give equal orders, other seeds others", () => {
    const order = (seed: number) => {
      const splitter = new Splitter([80, 20], seededRandom(seed));
      return Array.from({ length: 100 }, () => splitter.next()).join("");
    };
    expect(order(5)).toBe(order(5));
    expect(order(5)).not.toBe(order(6));
  });

  // The share that a client with a rhythm gets must be the weight's, though blocks are short and aligned.
  test.each([
    [[50, 50], 2],
    [[80, 20], 2],
    [[80, 20], 5],
    [[80, 20], 10],
    [[75, 25], 4],
    [[90, 10], 3],
    [[1, 1, 1], 3],
  ])("weights %j are not biased for every %i-th request", (list, period) => {
    const splitter = new Splitter(list, seededRandom(99));
    const total = list.reduce((a, b) => a + b);
    const rounds = 20_000;
    const counts = Array.from({ length: period }, () => list.map(() => 0));
    for (let i = 0; i < rounds * period; i++) counts[i % period]![splitter.next()]!++;
    for (const phase of counts)
      phase.forEach((count, i) => {
        const share = list[i]! / total;
        // Five standard deviations of independent draws; blocks make it only tighter.
        expect(Math.abs(count / rounds - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / rounds));
      });
  });

  test("every order inside a block is equally likely", () => {
    const splitter = new Splitter([2, 1], seededRandom(3));
    const seen = new Map<string, number>();
    for (let i = 0; i < 30_000; i++) {
      const order = `${splitter.next()}${splitter.next()}${splitter.next()}`;
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(["001", "010", "100"]);
    for (const count of seen.values())
      expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(30_000 * (1 / 3) * (2 / 3)));
  });

  test("a block of a thousand million requests needs no memory, and shares below one per cent are kept", () => {
    const splitter = new Splitter([999_999_937, 1_000_003], seededRandom(11));
    const draws = 300_000;
    let rare = 0;
    for (let i = 0; i < draws; i++) rare += splitter.next();
    const share = 1_000_003 / 1_000_999_940;
    expect(Math.abs(rare - draws * share)).toBeLessThan(5 * Math.sqrt(draws * share));
    const small = new Splitter([999, 1], seededRandom(12));
    expect(Array.from({ length: 1_000 }, () => small.next()).reduce((a, b) => a + b)).toBe(1);
  });
});

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
