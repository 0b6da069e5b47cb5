// Tables as kubectl prints them: upper-case heads, columns padded, three spaces between, nothing after the last cell.

import { createRequire } from "node:module";
import { stripVTControlCharacters } from "node:util";

const GAP = 3;

/** Lines of a table. Cells may hold colour codes; an empty head row is left out when `head` is undefined. */
export function tableLines(head: string[] | undefined, rows: string[][]): string[] {
  const all = head === undefined ? rows : [head, ...rows];
  const widths: number[] = [];
  for (const row of all) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))));
  return all.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i]! + GAP)))
      .join("")
      .trimEnd(),
  );
}

/** The cell with spaces up to the width that it takes on a terminal. */
function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - widthOf(cell)));
}

/** Everything that the CLI itself writes takes one column per character. */
const SINGLE_WIDTH = /^[\x20-\x7e\u2500-\u257f⟳⧉□✔✖◌॥⚠•·…–—→]*$/;
let stringWidth: ((text: string) => number) | undefined;

/** Columns on a terminal. The table of wide characters is loaded only when a text may hold one: it costs start-up time. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (SINGLE_WIDTH.test(plain)) return plain.length;
  stringWidth ??= (createRequire(import.meta.url)("string-width") as { default: (text: string) => number }).default;
  return stringWidth(plain);
}
