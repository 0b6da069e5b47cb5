import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpointsNeeded, rescale, shareText, unitsOf } from "./weights.ts";

describe("weights", () => {
  it.each([
    [20, 100, 20],
    [33, 1_000, 330],
    [1, 10, 1],
    [99, 10, 9],
    [50, 1, 1],
    [0, 10, 0],
    [100, 7, 7],
  ])("%i percent of %i are %i", (percent, total, units) => expect(unitsOf(percent, total)).toBe(units));

  it.each([
    [2, 10, 100, 20],
    [1, 3, 100, 33],
    [1, 1_000, 100, 1],
    [999, 1_000, 100, 99],
    [0, 3, 100, 0],
    [3, 3, 100, 100],
  ])("%i of %i are %i times %i", (weight, from, to, same) => expect(rescale(weight, from, to)).toBe(same));

  it("only nothing is nothing, and only all is all", () => {
    const property = fc.property(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 2, max: 10_000 }),
      (percent, total) => {
        const units = unitsOf(percent, total);
        expect([units === 0, units === total]).toEqual([percent === 0, percent === 100]);
      },
    );
    fc.assert(property, { seed: 1 });
  });

  it.each([
    [0, 100, 10, 0],
    [1, 100, 10, 1],
    [20, 100, 10, 2],
    [21, 100, 10, 3],
    [100, 100, 3, 3],
    [50, 100, 0, 1],
  ])("%i of %i with %i replicas need %i endpoints", (weight, total, replicas, needed) =>
    expect(endpointsNeeded(weight, total, replicas)).toBe(needed),
  );

  it("are said in percent", () => expect([shareText(20, 100), shareText(1, 3)]).toEqual(["20 %", "33.3 %"]));
});
