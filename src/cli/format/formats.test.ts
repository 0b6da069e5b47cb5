import { expect, test } from "vitest";
import { ageOf, shortDuration } from "./age.ts";
import { paintFor, wantsColor } from "./paint.ts";
import { unifiedDiff } from "./route-diff.ts";
import { problemLines } from "./source-frame.ts";
import { tableLines } from "./table.ts";

const plain = (_: unknown, text: string) => text;

test.each([
  [0, "0s"],
  [59_999, "59s"],
  [119_000, "119s"],
  [130_000, "2m10s"],
  [600_000, "10m"],
  [3 * 3_600_000 + 240_000, "3h4m"],
  [30 * 3_600_000, "30h"],
  [3 * 86_400_000, "3d"],
  [800 * 86_400_000, "2y70d"],
])("%d ms as %s", (ms, text) => {
  expect(shortDuration(ms)).toBe(text);
});

test("an age without a time is unknown, one in the future is 0s", () => {
  expect(ageOf(undefined, 0)).toBe("<unknown>");
  expect(ageOf("nonsense", 0)).toBe("<unknown>");
  expect(ageOf("1970-01-01T00:01:00Z", 0)).toBe("0s");
});

test("columns line up by what a terminal shows, not by characters or colour codes", () => {
  const red = paintFor({ isTTY: true }, {})("red", "bad");
  expect(
    tableLines(
      ["A", "B"],
      [
        ["日本", "1"],
        [red, "2"],
        ["abcd", ""],
      ],
    ),
  ).toEqual(["A      B", "日本   1", `${red}    2`, "abcd"]);
  expect(tableLines(undefined, [["a", "b"]])).toEqual(["a   b"]);
});

test.each([
  { isTTY: true, env: {}, when: "auto", colors: true },
  { isTTY: false, env: {}, when: "auto", colors: false },
  { isTTY: true, env: { NO_COLOR: "1" }, when: "auto", colors: false },
  { isTTY: true, env: { NO_COLOR: "" }, when: "auto", colors: true },
  { isTTY: false, env: { FORCE_COLOR: "1" }, when: "auto", colors: true },
  { isTTY: true, env: { FORCE_COLOR: "0" }, when: "auto", colors: false },
  { isTTY: true, env: { TERM: "dumb" }, when: "auto", colors: false },
  { isTTY: false, env: { NO_COLOR: "1" }, when: "always", colors: true },
  { isTTY: true, env: { FORCE_COLOR: "1" }, when: "never", colors: false },
] as const)("colours $colors for a terminal $isTTY with $env and --color $when", ({ isTTY, env, when, colors }) => {
  expect(wantsColor({ isTTY }, env, when)).toBe(colors);
});

test("a diff has hunks with three lines around each change", () => {
  const before = "abcdefghijklmnop".split("");
  const after = "aXcdefghijklmnoYp".split("");
  expect(unifiedDiff(before, after, plain)).toEqual([
    "@@ -1,5 +1,5 @@",
    " a",
    "-b",
    "+X",
    " c",
    " d",
    " e",
    "@@ -13,4 +13,5 @@",
    " m",
    " n",
    " o",
    "+Y",
    " p",
  ]);
  expect(unifiedDiff(before, before, plain)).toEqual([]);
  expect(unifiedDiff([], ["new"], plain)).toEqual(["@@ -0,0 +1 @@", "+new"]);
});

test("a finding shows its line with a caret under the place", () => {
  const problem = {
    file: "c.yaml",
    place: { line: 2, column: 9, length: 2 },
    severity: "error" as const,
    code: "SRN0101",
    message: '"5x" is not a duration',
    subject: "Canary echo.default",
    field: "spec.duration",
  };
  expect(problemLines(problem, "a: b\nduration: 5x\n".replace("duration", "durat"), plain)).toEqual([
    'c.yaml:2:9: error [SRN0101] (Canary echo.default) spec.duration: "5x" is not a duration',
    "  2 | durat: 5x",
    "    |         ^",
  ]);
});
