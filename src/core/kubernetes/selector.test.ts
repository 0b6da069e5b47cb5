import { expect, test } from "vitest";
import { formatSelector, matchesSelector, parseSelector } from "./selector.ts";

const labels = { app: "echo", version: "v1", tier: "" };

test.each([
  ["", true],
  ["app=echo", true],
  ["app==echo", true],
  ["app=other", false],
  ["app!=echo", false],
  ["missing!=x", true],
  ["version in (v1, v2)", true],
  ["version in (v2)", false],
  ["version notin (v2,v3)", true],
  ["missing notin (v2)", true],
  ["app", true],
  ["missing", false],
  ["!missing", true],
  ["!app", false],
  ["app=echo,version in (v1,v2),!missing", true],
  ["app=echo,version=v2", false],
  ["tier=", true],
])("%j matches %s", (text, want) => {
  expect(matchesSelector(parseSelector(text)!, labels)).toBe(want);
});

test.each(["=x", "a=b=c", "a in b", "a in (b", "a b", "!!a", "-a=b", "a>1"])("%j is refused", (text) => {
  expect(parseSelector(text)).toBeUndefined();
});

test("an object selector survives its query form", () => {
  const selector = {
    matchLabels: { app: "echo" },
    matchExpressions: [{ key: "version", operator: "In" as const, values: ["v1", "v2"] }],
  };
  expect(formatSelector(selector)).toBe("app=echo,version in (v1,v2)");
  expect(matchesSelector(parseSelector(formatSelector(selector))!, labels)).toBe(true);
});
