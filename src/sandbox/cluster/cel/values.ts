// JSON values as CEL sees them, by schema: whole numbers are int, other numbers double, times and durations their own types.

import { isObject, type Json } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";

/** Names that CEL keeps for itself are written `__name__` in rules. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

export function celValue(node: SchemaNode | undefined, value: Json): unknown {
  if (typeof value === "number")
    return node?.type === "number" ? value : Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === "string") return node?.raw.format === "date-time" ? new Date(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(node?.items, item));
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [field, each] of Object.entries(value)) {
    const isProperty = node?.properties.has(field) === true;
    // Fields without a schema can't be reached from rules.
    if (isProperty) out[escaped(field)] = celValue(node.properties.get(field), each);
    else if (node === undefined || node.values !== undefined || node.freeForm || node.preservesUnknown)
      out[field] = celValue(node?.values, each);
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
