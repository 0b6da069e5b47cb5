// Canaries as a table: one line each, what a person asks first.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Canary } from "../../core/spec/canary.ts";
import { versionsOf } from "../rollout-view.ts";
import { ageOf } from "./age.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Paint } from "./paint.ts";
import { phaseText } from "./phase.ts";
import { tableLines } from "./table.ts";

export interface TableOptions {
  nowMs: number;
  paint: Paint;
  glyphs: Glyphs;
  wide: boolean;
  withNamespace: boolean;
  headers: boolean;
  showLabels: boolean;
}

export function canaryTable(canaries: Canary[], options: TableOptions): string[] {
  const head = ["NAME", "PHASE", "STEP", "WEIGHT", "STABLE", "CANARY", "AGE"];
  if (options.wide) head.push("OBSERVED", "ROLLOUT", "MESSAGE");
  const rows = canaries.map((canary) => rowOf(canary, options));
  return decorated(head, rows, canaries, options);
}

function rowOf(canary: Canary, { nowMs, paint, glyphs, wide }: TableOptions): string[] {
  const { metadata, status } = canary;
  const { stable, canary: next } = versionsOf(canary);
  const row = [
    metadata.name,
    phaseText(status?.phase, glyphs, paint),
    stepText(canary),
    weightText(canary),
    stable,
    next,
    ageOf(metadata.creationTimestamp, nowMs),
  ];
  if (wide) row.push(observedText(canary), status?.rollout?.id ?? "", status?.message ?? "");
  return row;
}

/** NAMESPACE before and LABELS after, where they are asked for. */
export function decorated(
  head: string[],
  rows: string[][],
  objects: KubeObject[],
  { withNamespace, headers, showLabels }: Pick<TableOptions, "withNamespace" | "headers" | "showLabels">,
): string[] {
  const extend = (cells: string[], namespace: string, labels: string) => [
    ...(withNamespace ? [namespace] : []),
    ...cells,
    ...(showLabels ? [labels] : []),
  ];
  return tableLines(
    headers ? extend(head, "NAMESPACE", "LABELS") : undefined,
    rows.map((row, i) => extend(row, objects[i]!.metadata.namespace ?? "", labelsOf(objects[i]!))),
  );
}

function labelsOf({ metadata }: KubeObject): string {
  const pairs = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

/** "2/5": steps done of all; people count from 1, so the current one is done + 1. */
export function stepText({ spec, status }: Canary): string {
  const total = spec.strategy?.steps?.length ?? 0;
  const step = status?.rollout?.step;
  return step === undefined ? `-/${total}` : `${Math.min(step + 1, total)}/${total}`;
}

/** The canary's share as written, of the total where that is not 100. */
export function weightText({ status }: Canary): string {
  const weight = status?.weight;
  if (weight === undefined) return "-";
  return weight.total === 100 ? `${weight.written}` : `${weight.written}/${weight.total}`;
}

function observedText({ status }: Canary): string {
  const weight = status?.weight;
  return weight?.observed === undefined ? "-" : String(weight.observed);
}
