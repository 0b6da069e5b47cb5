// A problem in a file as compilers print it: file:line:column, severity, code, subject, message, then the line with a caret.

import type { Severity, SourceProblem } from "../manifest/source-problem.ts";
import type { Paint, Tone } from "./paint.ts";
import { widthOf } from "./table.ts";

const TONES: Record<Severity, Tone> = { error: "red", warning: "yellow", info: "cyan" };
/** Longer lines are cut around the place. */
const LINE_LENGTH = 120;

export function problemLines(problem: SourceProblem, text: string | undefined, paint: Paint): string[] {
  const { file, place, severity, code, subject, field, message } = problem;
  const where = paint("bold", `${file}:${place.line}:${place.column}:`);
  const about = subject === undefined ? "" : ` (${subject})`;
  const path = field === undefined || field === "" ? "" : `${field}: `;
  const head = `${where} ${paint(TONES[severity], severity)} [${code}]${about} ${path}${message}`;
  const line = text?.split("\n")[place.line - 1];
  return line === undefined ? [head] : [head, ...frame(line.replace(/\r$/, ""), problem, paint)];
}

function frame(line: string, { place, severity }: SourceProblem, paint: Paint): string[] {
  const start = Math.max(0, Math.min(place.column - 1 - LINE_LENGTH / 2, line.length - LINE_LENGTH));
  const shown = line.slice(start, start + LINE_LENGTH).replaceAll("\t", " ");
  const before = shown.slice(0, place.column - 1 - start);
  const length = Math.max(1, Math.min(place.length, shown.length - before.length));
  const marked = shown.slice(before.length, before.length + length);
  const number = String(place.line);
  const gutter = " ".repeat(number.length);
  const caret = "^".repeat(Math.max(1, widthOf(marked)));
  return [`  ${number} | ${shown}`, `  ${gutter} | ${" ".repeat(widthOf(before))}${paint(TONES[severity], caret)}`];
}
