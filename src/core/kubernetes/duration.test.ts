import { expect, test } from "vitest";
import { formatDurationMs, parseDurationMs } from "./duration.ts";

// Rows from the documentation and tests of Go's time.ParseDuration.
test.each([
  ["0", 0],
  ["5s", 5_000],
  ["30s", 30_000],
  ["1478s", 1_478_000],
  ["-5s", -5_000],
  ["+5s", 5_000],
  ["5.0s", 5_000],
  ["5.6s", 5_600],
  ["5.s", 5_000],
  [".5s", 500],
  ["1.004s", 1_004],
  ["100.00100s", 100_001],
  ["10ns", 1e-5],
  ["11us", 0.011],
  ["12µs", 0.012],
  ["13ms", 13],
  ["15m", 900_000],
  ["16h", 57_600_000],
  ["3h30m", 12_600_000],
  ["10.5s4m", 250_500],
  ["-2m3.4s", -123_400],
  ["1h2m3s4ms", 3_723_004],
])("%s is %d ms", (text, wantMs) => {
  expect(parseDurationMs(text)).toBeCloseTo(wantMs, 6);
});

test.each(["", "3", "-", "s", ".", "-.", ".s", "5x", "1d", "5 s", "1m 30s", "3000d", "\u{ff15}s", "1e3s"])(
  "%j is no duration",
  (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  },
);

test.each([
  [0, "0s"],
  [250, "250ms"],
  [1_000, "1s"],
  [90_000, "1m30s"],
  [3_600_000, "1h"],
  [3_661_000, "1h1m1s"],
  [-5_000, "-5s"],
  [119_999, "2m"],
])("%d ms reads %s", (ms, want) => {
  expect(formatDurationMs(ms)).toBe(want);
});
