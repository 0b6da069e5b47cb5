// A simulation that finds nothing proves nothing: each of the six rules has a planted bug, and each is found.

import { expect, test } from "vitest";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import { playSeed, SharedApi } from "./simulate.ts";

const MOST_SEEDS = 120;

test("every rule has a planted bug", () => {
  for (const rule of [1, 2, 3, 4, 5, 6]) expect(PLANTED_BUGS.some((bug) => bug.rule === rule)).toBe(true);
});

test.each(PLANTED_BUGS.map((bug) => [bug.rule, bug.name, bug.bend] as const))(
  "rule %i: %s: found",
  { timeout: 120_000 },
  async (rule, _, bend) => {
    const api = new SharedApi();
    for (let seed = 1; seed <= MOST_SEEDS; seed++) {
      const { violations } = await playSeed(api, seed, { bend: bend() });
      const found = violations.find((violation) => violation.rule === rule);
      if (found === undefined) continue;
      console.log(`seed ${seed}: ${found.what}`);
      return;
    }
    expect.fail(`not found in ${MOST_SEEDS} seeds`);
  },
);
