// JSON values as CEL sees them, by schema: whole numbers are int, other numbers double, times and durations their own types.

import { isObject, type Json, type JsonObject } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";

/** Names that CEL keeps for itself are written `__name__` in rules. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

export function celValue(node: SchemaNode | undefined, value: Json): unknown {
  if (typeof value === "number") return celNumber(node, value);
  if (typeof value === "string") return node?.raw.format === "date-time" ? new Date(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(node?.items, item));
  return isObject(value) ? celObject(node, value) : value;
}

function celNumber(node: SchemaNode | undefined, value: number): number | bigint {
  return node?.type !== "number" && Number.isInteger(value) ? BigInt(value) : value;
}

/** Fields without a schema can't be reached from rules. */
function celObject(node: SchemaNode | undefined, value: JsonObject): Record<string, unknown> {
  const isOpen = node === undefined || node.values !== undefined || node.freeForm || node.preservesUnknown;
  const out: Record<string, unknown> = {};
  for (const [field, each] of Object.entries(value)) {
    const property = node?.properties.get(field);
    if (property !== undefined) out[escaped(field)] = celValue(property, each);
    else if (isOpen) out[field] = celValue(node?.values, each);
  }
  return out;
}

function escaped(field: string): string {
  if (RESERVED.has(field)) return `__${field}__`;
  if (!/[.\-/]|__/.test(field)) return field;
  return field
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}
