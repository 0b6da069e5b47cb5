// How ownership and merging see a value: as a leaf, as a map of fields, or as a list whose items have identities.
// Where no schema is known, objects are maps of fields and lists are leaves, as in structured-merge-diff's deduced type.

import { isObject, type Json, type JsonObject } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";

export type Shape = "leaf" | "map" | "list";

export function shapeOf(node: SchemaNode | undefined, value: Json | undefined): Shape {
  if (isObject(value)) return node?.atomicMap === true ? "leaf" : "map";
  if (Array.isArray(value)) return node === undefined || node.listType === "atomic" ? "leaf" : "list";
  return "leaf";
}

export function isEmptyContainer(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

export function childNode(node: SchemaNode | undefined, field: string): SchemaNode | undefined {
  return node?.child(field);
}

/** Items of a map or set list by the path element that names them; of doubles the first counts. */
export function itemsByElement(node: SchemaNode, list: readonly Json[]): Map<string, Json> {
  const items = new Map<string, Json>();
  for (const item of list) {
    const element = elementOf(node, item);
    if (!items.has(element)) items.set(element, item);
  }
  return items;
}

/** The path element of one item. */
export function elementOf(node: SchemaNode, item: Json): string {
  if (node.listType === "set" || !isObject(item)) return `v:${JSON.stringify(item)}`;
  const keys: JsonObject = {};
  for (const key of [...node.listKeys].sort()) {
    const value = item[key] ?? (node.items.properties.get(key)?.default as Json | undefined);
    if (value !== undefined) keys[key] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}
