// Half of the simulated stories; the other half is in more-seeds.test.ts, so that two cores share them.

import { expect, test } from "vitest";
import { playSeeds, replayedSeed } from "./simulation.ts";

test("no story breaks a rule: seeds 1 to 500", { timeout: 240_000 }, async () => {
  const seed = replayedSeed();
  const report = seed === undefined ? await playSeeds(1, 500) : await playSeeds(seed, 1);
  console.log(`${report.seeds} seeds from ${seed ?? 1}`, report.ends);
  expect(report.broken).toEqual([]);
});
