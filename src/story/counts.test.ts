import { describe, expect, it } from "vitest";
import { Tally } from "../load/tally.ts";
import { formatShares, harmedByBadVersion, harmedByUs, sharesOf, splitProblem } from "./counts.ts";

describe("counts of a phase", () => {
  it.each([
    [{ v1: 800, v2: 200 }, { v1: 80, v2: 20 }, undefined],
    [{ v1: 803, v2: 199 }, { v1: 80, v2: 20 }, undefined],
    [{ v1: 1_000 }, { v1: 100, v2: 0 }, undefined],
    [{ v1: 740, v2: 260 }, { v1: 80, v2: 20 }, /v1 got 74.0 %/],
    [{ v1: 999, v2: 1 }, { v1: 100, v2: 0 }, /v2 got 1 requests and should have got none/],
    [{ v1: 800, v2: 199, v9: 1 }, { v1: 80, v2: 20 }, /v9/],
    [{}, { v1: 100 }, /no request/],
  ])("%o against %o: %s", (answers, expected, problem) => {
    const found = splitProblem(tallyOf(answers).read(), expected);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  it("shows a version that got nothing", () => {
    expect(formatShares(sharesOf(tallyOf({ v2: 1_200 }).read(), ["v1", "v2"]))).toBe(
      "v1 0 (0.0 %)  v2 1,200 (100.0 %)",
    );
  });

  it("blames the bad version for its own failures only", () => {
    const tally = tallyOf({ v2: 10 });
    tally.add({ kind: "answered", status: 500, version: "v3", latencyMs: 1 });
    tally.add({ kind: "answered", status: 503, version: undefined, latencyMs: 1 });
    tally.add({ kind: "answered", status: 500, version: "v2", latencyMs: 1 });
    tally.add({ kind: "failed", cause: "reset", latencyMs: 1 });
    expect(harmedByBadVersion(tally.read())).toBe(1);
    expect(harmedByUs(tally.read())).toBe(3);
  });
});

function tallyOf(answers: Record<string, number | undefined>): Tally {
  const tally = new Tally();
  for (const [version, count = 0] of Object.entries(answers))
    for (let n = 0; n < count; n++) tally.add({ kind: "answered", status: 200, version, latencyMs: 1 });
  return tally;
}
