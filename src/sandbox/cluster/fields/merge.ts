// An applied configuration laid over the live object, by schema: maps field by field, lists by identity, leaves replaced;
// and fields taken out that nobody owns any more. Source: sigs.k8s.io/structured-merge-diff typed/merge.go and typed/remove.go.

import { copyJson, isObject, type Json, type JsonObject } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";
import type { FieldSet } from "./field-set.ts";
import { childNode, elementOf, itemsByElement, shapeOf } from "./shape.ts";

export function mergeApplied(node: SchemaNode | undefined, live: Json | undefined, applied: Json): Json {
  if (live === undefined || live === null) return copyJson(applied);
  const shape = shapeOf(node, applied);
  if (shape === "map" && isObject(live)) return mergeFields(node, live, applied as JsonObject);
  if (shape === "list" && Array.isArray(live)) return mergeItems(node!, live, applied as Json[]);
  return copyJson(applied);
}

function mergeFields(node: SchemaNode | undefined, live: JsonObject, applied: JsonObject): JsonObject {
  const out: JsonObject = copyJson(live);
  for (const [field, value] of Object.entries(applied))
    out[field] = mergeApplied(childNode(node, field), live[field], value);
  return out;
}

/** The applied order wins; live items that are not applied keep their place relative to their neighbours. */
function mergeItems(node: SchemaNode, live: Json[], applied: Json[]): Json[] {
  const liveItems = itemsByElement(node, live);
  const appliedItems = itemsByElement(node, applied);
  const merged = (element: string) => mergeApplied(node.items, liveItems.get(element), appliedItems.get(element)!);
  const out: Json[] = [];
  const done = new Set<string>();
  const appliedOrder = [...appliedItems.keys()];
  let next = 0;
  for (const [element, item] of liveItems) {
    if (!appliedItems.has(element)) out.push(copyJson(item));
    else if (!done.has(element)) {
      // All applied items up to this one come first, in the applied order.
      for (; next < appliedOrder.length; next++) {
        const each = appliedOrder[next]!;
        if (!done.has(each)) out.push(merged(each));
        done.add(each);
        if (each === element) break;
      }
    }
  }
  for (const element of appliedOrder) if (!done.has(element)) out.push(merged(element));
  return out;
}

/** Removes the members of `gone` in place, except where something in `kept` lies at or below. */
export function removeFields(
  node: SchemaNode | undefined,
  value: Json,
  gone: FieldSet,
  kept: FieldSet | undefined,
): void {
  if (isObject(value)) removeFromMap(node, value, gone, kept);
  else if (Array.isArray(value) && node !== undefined) removeFromList(node, value, gone, kept);
}

function removeFromMap(
  node: SchemaNode | undefined,
  value: JsonObject,
  gone: FieldSet,
  kept: FieldSet | undefined,
): void {
  for (const [element, child] of gone.children) {
    const field = element.slice(2);
    const below = value[field];
    if (below === undefined) continue;
    const keptBelow = kept?.children.get(element);
    if (child.member && keptBelow === undefined) {
      delete value[field];
      continue;
    }
    removeFields(childNode(node, field), below, child, keptBelow);
    if (keptBelow === undefined && typeof below === "object" && below !== null && Object.keys(below).length === 0)
      delete value[field];
  }
}

function removeFromList(node: SchemaNode, list: Json[], gone: FieldSet, kept: FieldSet | undefined): void {
  for (let index = list.length - 1; index >= 0; index--) {
    const element = elementOf(node, list[index]!);
    const child = gone.children.get(element);
    if (child === undefined) continue;
    const keptBelow = kept?.children.get(element);
    if (child.member && keptBelow === undefined) list.splice(index, 1);
    else removeFields(node.items, list[index]!, child, keptBelow);
  }
}
