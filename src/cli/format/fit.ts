// Text within the width of a terminal: sentences are wrapped between words, rows of a table cut. Both know colour codes.

import { widthOf } from "./table.ts";

/** At least one line; a word that is longer than the width stays whole. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) > columns) lines.push(word);
    else lines[Math.max(0, lines.length - 1)] = longer;
  }
  return lines;
}

// oxlint-disable-next-line no-control-regex -- escape sequences are what it looks for
const PIECES = /\u001b\[[0-9;]*m|./gsu;
const RESET = "\u001b[0m";

/** One row of the screen: what does not fit gives way to "…". */
export function cutTo(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let kept = "";
  let left = columns - 1;
  let painted = false;
  for (const [piece] of line.matchAll(PIECES)) {
    const isCode = piece.startsWith("\u001b");
    left -= isCode ? 0 : widthOf(piece);
    if (left < 0) break;
    painted ||= isCode;
    kept += piece;
  }
  return `${kept}…${painted ? RESET : ""}`;
}
