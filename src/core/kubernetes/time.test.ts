import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTime, parseTime } from "./time.ts";

describe("RFC 3339", () => {
  it("agrees with Date for every moment of four centuries", () => {
    const moment = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2300, 0, 1) });
    const property = fc.property(moment, (ms) => {
      expect(formatTime(ms)).toBe(new Date(ms).toISOString());
      expect(parseTime(new Date(ms).toISOString())).toBe(ms);
    });
    fc.assert(property, { seed: 3, numRuns: 2_000 });
  });

  it.each([
    ["2026-02-28T23:59:59Z", Date.UTC(2026, 1, 28, 23, 59, 59)],
    ["2026-01-01T01:30:00+02:00", Date.UTC(2025, 11, 31, 23, 30)],
    ["2026-01-01T00:00:00.123456789Z", Date.UTC(2026, 0, 1) + 123],
    ["2026-01-01T00:00:00.5-01:00", Date.UTC(2026, 0, 1, 1) + 500],
  ])("reads %s", (text, ms) => expect(parseTime(text)).toBe(ms));

  it.each(["", "tomorrow", "2026-01-01", "2026-01-01T00:00:00"])("refuses %j", (text) =>
    expect(parseTime(text)).toBeNaN(),
  );
});
