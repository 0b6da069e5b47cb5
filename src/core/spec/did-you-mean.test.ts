import { expect, it } from "vitest";
import { didYouMean } from "./did-you-mean.ts";

const FIELDS = ["setWeight", "pause", "strategy", "versions"];

it.each([
  ["setweight", "setWeight"],
  ["set_weight", "setWeight"],
  ["puase", "pause"],
  ["paus", "pause"],
  ["stratgey", "strategy"],
  ["version", "versions"],
  ["x", undefined],
  ["metrics", undefined],
  ["", undefined],
  ["a".repeat(1_000), undefined],
])("%s is %s", (word, meant) => {
  expect(didYouMean(word, FIELDS)).toBe(meant);
});

it("has no answer without candidates", () => {
  expect(didYouMean("pause", [])).toBeUndefined();
});
