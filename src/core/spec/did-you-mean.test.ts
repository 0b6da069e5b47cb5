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
])("%s is %s", (word, meant) => {
  expect(didYouMean(word, FIELDS)).toBe(meant);
});

it("has no answer to a word of absurd length", () => {
  expect(didYouMean("a".repeat(1_000), FIELDS)).toBeUndefined();
});

it("has no answer without candidates", () => {
  expect(didYouMean("pause", [])).toBeUndefined();
});
