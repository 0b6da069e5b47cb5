// Unknown fields: removed in place, and told by their path. What a schema marks as free-form keeps them.

import { isObject, type Json } from "../json.ts";
import { fieldPath, itemPath } from "./path.ts";
import type { SchemaNode } from "./schema-node.ts";

const EMBEDDED_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

/** Removes what the schema doesn't know; returns the removed paths in the order found. */
export function pruneUnknown(node: SchemaNode, value: Json): string[] {
  const removed: string[] = [];
  prune(node, value, "", removed);
  return removed;
}

function prune(node: SchemaNode, value: Json, path: string, removed: string[]): void {
  if (Array.isArray(value)) {
    if (node.type !== "array") return;
    for (const [index, item] of value.entries()) prune(node.items, item, itemPath(path, index), removed);
    return;
  }
  if (!isObject(value) || node.freeForm) return;
  for (const field of Object.keys(value)) {
    const child = node.child(field);
    if (child !== undefined) prune(child, value[field]!, fieldPath(path, field), removed);
    else if (!node.preservesUnknown && !(node.embedded && EMBEDDED_FIELDS.has(field))) {
      removed.push(fieldPath(path, field));
      delete value[field];
    }
  }
}
