// Half of the simulated stories; the other half is in first-seeds.test.ts, so that two cores share them.

import { expect, test } from "vitest";
import { playSeeds, replayedSeed } from "./simulation.ts";

test("no story breaks a rule: seeds 501 to 1000", { timeout: 240_000 }, async () => {
  const seed = replayedSeed();
  const report = seed === undefined ? await playSeeds(501, 500) : await playSeeds(seed, 1);
  console.log(`${report.seeds} seeds from ${seed ?? 501}`, report.ends);
  expect(report.broken).toEqual([]);
});
