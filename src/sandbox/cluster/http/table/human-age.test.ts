import { expect, test } from "vitest";
import { ageOf, humanDuration } from "./human-age.ts";

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

test.each([
  [-5 * S, "<invalid>"],
  [-1 * S, "0s"],
  [0, "0s"],
  [119 * S, "119s"],
  [2 * M, "2m"],
  [5 * M + 41 * S, "5m41s"],
  [10 * M + 59 * S, "10m"],
  [179 * M, "179m"],
  [3 * H, "3h"],
  [7 * H + 59 * M, "7h59m"],
  [8 * H + 59 * M, "8h"],
  [47 * H, "47h"],
  [2 * D, "2d"],
  [7 * D + 23 * H, "7d23h"],
  [8 * D + 23 * H, "8d"],
  [729 * D, "729d"],
  [730 * D, "2y"],
  [731 * D, "2y1d"],
  [8 * 365 * D + 5 * D, "8y"],
])("%d ms: %s", (ms, expected) => {
  expect(humanDuration(ms)).toBe(expected);
});

test("times that are none", () => {
  expect([ageOf(undefined, 0), ageOf("", 0), ageOf("soon", 0)]).toEqual(["<unknown>", "<unknown>", "<invalid>"]);
});
