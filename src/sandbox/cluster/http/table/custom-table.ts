// The table of a custom resource, from its `additionalPrinterColumns`; name and age when it has none.
// How values become cells was observed on a real API server (testdata/tables.json).

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import type { PrinterColumn } from "../../registry.ts";
import { humanDuration } from "./human-age.ts";
import { type JsonPath, parseJsonPath } from "./json-path.ts";
import { type Cell, type Column, NAME, type TableKind } from "./table-kind.ts";

const AGE_COLUMN: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

export function customTable(printerColumns: readonly PrinterColumn[]): TableKind {
  const shown = printerColumns.length === 0 ? [AGE_COLUMN] : printerColumns;
  const readers = shown.map(({ jsonPath, type }) => ({ path: parseJsonPath(jsonPath), type }));
  return {
    columns: [NAME, ...shown.map(columnOf)],
    cells: (object, nowMs) => [object.metadata.name, ...readers.map((reader) => cellOf(object, reader, nowMs))],
  };
}

function columnOf({ name, type, format, description, priority, jsonPath }: PrinterColumn): Column {
  return {
    name,
    type: type as Column["type"],
    format: format ?? "",
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
  };
}

function cellOf(object: KubeObject, { path, type }: { path: JsonPath | undefined; type: string }, nowMs: number): Cell {
  // Of several values the first counts.
  const found = path?.find(object) ?? [];
  if (found.length === 0) return null;
  const value = found[0];
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageText(value, nowMs) : null;
    default:
      return valueText(value);
  }
}

function ageText(value: string, nowMs: number): string {
  const thenMs = Date.parse(value);
  return Number.isNaN(thenMs) ? "<invalid>" : humanDuration(nowMs - thenMs);
}

function valueText(value: unknown): string {
  if (value === null) return "<no value>";
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
}

/** Objects print with their keys in order, as Go's encoder writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
