// Fills in defaults, in place, top down: a default may bring fields that have defaults themselves.

import { copyJson, isObject, type Json } from "../json.ts";
import type { SchemaNode } from "./schema-node.ts";

export function applyDefaults(node: SchemaNode, value: Json): void {
  if (Array.isArray(value)) {
    if (node.type !== "array") return;
    for (const item of value) applyDefaults(node.items, item);
    return;
  }
  if (!isObject(value) || node.freeForm) return;
  for (const [field, child] of node.properties) {
    // A null where null is not allowed counts as absent, as in a real server.
    if (value[field] === null && child.default !== undefined && child.raw.nullable !== true) delete value[field];
    if (value[field] === undefined && child.default !== undefined) value[field] = copyJson(child.default as Json);
  }
  for (const field of Object.keys(value)) {
    const child = node.child(field);
    if (child !== undefined) applyDefaults(child, value[field]!);
  }
}
