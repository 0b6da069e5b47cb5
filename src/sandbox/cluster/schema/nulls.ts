// Nulls in custom resources count as absent unless the schema says `nullable`; a default then takes their place.

import { isObject, type Json } from "../json.ts";
import type { SchemaNode } from "./schema-node.ts";

export function dropNulls(node: SchemaNode, value: Json): void {
  if (Array.isArray(value)) {
    if (node.type === "array") for (const item of value) dropNulls(node.items, item);
    return;
  }
  if (!isObject(value) || node.freeForm) return;
  for (const field of Object.keys(value)) {
    const child = node.child(field);
    if (child === undefined) continue;
    if (value[field] === null && child.raw.nullable !== true && node.properties.has(field) && !child.freeForm)
      delete value[field];
    else dropNulls(child, value[field]!);
  }
}
