// The change of one object as a unified diff of its YAML, without the fields that the server keeps.

import { diff } from "node:util";
import { stringify } from "yaml";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Paint } from "./paint.ts";

const CONTEXT_LINES = 3;

export interface ObjectChange {
  kind: string;
  namespace: string;
  name: string;
  before: KubeObject | undefined;
  after: KubeObject;
}

/** No lines when nothing that people write differs. */
export function routeDiffLines({ kind, namespace, name, before, after }: ObjectChange, paint: Paint): string[] {
  const label = `${kind.toLowerCase()}/${namespace}/${name}`;
  const lines = unifiedDiff(yamlLines(before), yamlLines(after), paint);
  if (lines.length === 0) return [];
  return [paint("bold", `--- live/${label}`), paint("bold", `+++ next/${label}`), ...lines];
}

function yamlLines(object: KubeObject | undefined): string[] {
  if (object === undefined) return [];
  const { managedFields, resourceVersion, generation, uid, creationTimestamp, ...metadata } = object.metadata;
  void [managedFields, resourceVersion, generation, uid, creationTimestamp];
  const { status, ...rest } = object;
  void status;
  return stringify({ ...rest, metadata }, { lineWidth: 0, aliasDuplicateObjects: false })
    .trimEnd()
    .split("\n");
}

interface Line {
  sign: " " | "-" | "+";
  text: string;
}

/** Hunks with three lines around each change: https://www.gnu.org/software/diffutils/manual/html_node/Unified-Format.html */
export function unifiedDiff(before: string[], after: string[], paint: Paint): string[] {
  const lines = diff(before, after).map(
    ([operation, text]): Line => ({ sign: operation === 0 ? " " : operation > 0 ? "-" : "+", text }),
  );
  return hunks(lines).flatMap(({ from, to }) => hunkLines(lines, from, to, paint));
}

function hunks(lines: Line[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  lines.forEach(({ sign }, i) => {
    if (sign === " ") return;
    const [from, to] = [Math.max(0, i - CONTEXT_LINES), Math.min(lines.length, i + CONTEXT_LINES + 1)];
    const last = found.at(-1);
    if (last !== undefined && from <= last.to) last.to = to;
    else found.push({ from, to });
  });
  return found;
}

function hunkLines(lines: Line[], from: number, to: number, paint: Paint): string[] {
  const count = (part: Line[], sign: "-" | "+") =>
    part.filter((line) => line.sign === " " || line.sign === sign).length;
  const [before, hunk] = [lines.slice(0, from), lines.slice(from, to)];
  const range = (sign: "-" | "+") => {
    const length = count(hunk, sign);
    return `${count(before, sign) + (length === 0 ? 0 : 1)}${length === 1 ? "" : `,${length}`}`;
  };
  const body = hunk.map(({ sign, text }) =>
    paint(sign === "-" ? "red" : sign === "+" ? "green" : undefined, `${sign}${text}`),
  );
  return [paint("cyan", `@@ -${range("-")} +${range("+")} @@`), ...body];
}
