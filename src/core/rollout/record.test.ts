import { describe, expect, it } from "vitest";
import { settle, smallWorld, traffic } from "../../../testbed/rollout/small-world.ts";
import { recordDue } from "./record.ts";

const world = settle(smallWorld());
const status = world.status!;
const busy = settle(
  traffic(settle(traffic(world, { stable: [1, 0], canary: [1, 0] })), { stable: [80, 0], canary: [20, 0] }),
);

describe("status is written", () => {
  it.each([
    ["when nothing was ever stored", undefined, status, "now"],
    ["not at all when it is stored", status, status, "never"],
    ["not at all when only the order of its keys differs", sorted(status), status, "never"],
    ["at once on another phase", status, { ...status, phase: "Paused" as const }, "now"],
    ["at once on another weight", status, { ...status, weight: { ...status.weight!, wanted: 50 } }, "now"],
    ["at once on another step", status, { ...status, rollout: { ...status.rollout!, step: 3 } }, "now"],
    ["later when only numbers run", status, busy.status!, { afterMs: 7_000 }],
  ])("%s", (_, stored, decided, due) => expect(recordDue(stored, decided, 0, 3_000)).toEqual(due));

  it("at most every ten seconds, but then", () => {
    expect(recordDue(status, busy.status!, 0, 10_000)).toBe("now");
  });
});

/** As a Go API server gives it back. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  ) as T;
}
