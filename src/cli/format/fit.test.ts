import { stripVTControlCharacters } from "node:util";
import { assert, constantFrom, integer, property, string } from "fast-check";
import { expect, test } from "vitest";
import { cutTo, wrapWords } from "./fit.ts";
import { widthOf } from "./table.ts";

test.each([
  { text: "one two three", columns: 7, lines: ["one two", "three"] },
  { text: "one two three", columns: 40, lines: ["one two three"] },
  { text: "registry.example/very/long:1 is long", columns: 10, lines: ["registry.example/very/long:1", "is long"] },
  { text: "", columns: 10, lines: [""] },
  { text: "\u001b[31mred\u001b[39m word", columns: 8, lines: ["\u001b[31mred\u001b[39m word"] },
])("wraps between words: $text at $columns", ({ text, columns, lines }) => {
  expect(wrapWords(text, columns)).toEqual(lines);
});

test.each([
  { line: "12345", columns: 5, cut: "12345" },
  { line: "123456", columns: 5, cut: "1234…" },
  { line: "└──□ pod   ready", columns: 8, cut: "└──□ po…" },
  { line: "日本語", columns: 4, cut: "日…" },
  { line: "\u001b[31m123\u001b[39m456", columns: 3, cut: "\u001b[31m12…\u001b[0m" },
])("cuts to the width: $line at $columns", ({ line, columns, cut }) => {
  expect(cutTo(line, columns)).toBe(cut);
});

const painted = string({
  unit: constantFrom("a", " ", "─", "日", "é", "\u001b[32m", "\u001b[39m"),
  maxLength: 60,
});

test("never wider than asked, nothing of what fits is lost, no colour runs out", () => {
  assert(
    property(painted, integer({ min: 2, max: 40 }), (line, columns) => {
      const cut = cutTo(line, columns);
      expect(widthOf(cut)).toBeLessThanOrEqual(columns);
      const text = stripVTControlCharacters(cut);
      if (cut !== line) {
        expect(stripVTControlCharacters(line).startsWith(text.slice(0, -1))).toBe(true);
        if (cut.includes("\u001b")) expect(cut.endsWith("\u001b[0m")).toBe(true);
      }
      expect(wrapWords(line, columns).join(" ")).toBe(line);
    }),
  );
});
