// The controller dies after each of its writes in turn, once per story, and comes back: every story ends as if it had lived.

import { expect, test } from "vitest";
import { NO_FAULTS } from "./faulty-cluster.ts";
import type { Scenario } from "./scenario.ts";
import { SharedApi } from "./simulate.ts";
import { CANARY, STABLE } from "./workloads.ts";

const good: Scenario = {
  seed: 1,
  steps: [{ setWeight: 20 }, { pause: { duration: "3s" } }, { setWeight: 60 }, { pause: { duration: "3s" } }],
  replicas: { [STABLE]: 2, [CANARY]: 2 },
  errorShare: { [STABLE]: 0, [CANARY]: 0 },
  requestsPerSecond: 50,
  maxUptakeMs: 200,
  faults: NO_FAULTS,
  deathsAfterWrites: [],
  restartMs: 500,
  events: [],
};
const bad: Scenario = { ...good, errorShare: { [STABLE]: 0, [CANARY]: 0.5 } };
const aborted: Scenario = { ...good, events: [{ atMs: 3_000, event: { kind: "action", verb: "abort" } }] };
const undone: Scenario = { ...good, events: [{ atMs: 14_000, event: { kind: "action", verb: "undo" } }] };
const MOST_WRITES = 40;

test.each([
  ["a good release", good, ["Completed Completed"]],
  ["a bad release", bad, ["Aborted ErrorsWorse"]],
  // Dying between the write of an abort and its record leaves traffic on stable, and says so.
  ["an abort", aborted, ["Aborted ManualAbort", "Aborted Interrupted"]],
  ["an undo", undone, ["Undone Undone"]],
] as const)("%s", { timeout: 120_000 }, async (_, scenario, ends) => {
  const api = new SharedApi();
  const outcomes = new Set<string>();
  for (let write = 1; write <= MOST_WRITES; write++) {
    const { end, violations } = await api.play({ ...scenario, seed: write, deathsAfterWrites: [write] });
    expect(violations, `death after write ${write}`).toEqual([]);
    expect(ends, `death after write ${write}`).toContain(end);
    outcomes.add(end);
  }
  console.log([...outcomes].join(", "));
  await api.close();
});
