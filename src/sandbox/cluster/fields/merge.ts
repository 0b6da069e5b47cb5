// An applied configuration laid over the live object, by schema: maps field by field, lists by identity, leaves replaced;
// and fields taken out that nobody owns any more. Source: sigs.k8s.io/structured-merge-diff typed/merge.go and typed/remove.go.

import { copyJson, isObject, type Json, type JsonObject } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";
import { difference, type FieldSet } from "./field-set.ts";
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

function mergeItems(node: SchemaNode, live: Json[], applied: Json[]): Json[] {
  const liveItems = itemsByElement(node, live);
  const appliedItems = itemsByElement(node, applied);
  return mergedOrder([...liveItems.keys()], [...appliedItems.keys()]).map((element) => {
    const [mine, its] = [appliedItems.get(element), liveItems.get(element)];
    return mine === undefined ? copyJson(its!) : mergeApplied(node.items, its, mine);
  });
}

/**
 * The applied items in the applied order; live ones that are not applied before the applied item that they stood before.
 * Two cursors, as in structured-merge-diff's visitListItems, so that the order is a real server's in every case.
 */
function mergedOrder(live: string[], applied: string[]): string[] {
  const [inLive, inApplied] = [new Set(live), new Set(applied)];
  const shared = applied.filter((element) => inLive.has(element));
  const out: string[] = [];
  const taken = new Set<string>();
  const take = (element: string) => {
    out.push(element);
    taken.add(element);
    if (shared[0] === element) shared.shift();
  };
  let [l, a] = [0, 0];
  while (l < live.length || a < applied.length) {
    const [its, mine] = [live[l], applied[a]];
    if (its !== undefined && its === mine) {
      take(its);
      l += 1;
      a += 1;
    } else if (its !== undefined && mine !== undefined && inApplied.has(its) && shared.length > 0 && shared[0] !== its)
      l += 1;
    else if (its !== undefined && !inApplied.has(its)) {
      out.push(its);
      l += 1;
    } else {
      if (its !== undefined && taken.has(its)) l += 1;
      if (mine !== undefined) {
        take(mine);
        a += 1;
      }
    }
  }
  return out;
}

/**
 * The set of what one manager leaves behind: all it owned that nobody owns now. A struct field is owned by who owns anything in it,
 * so one that nobody owns goes with all that is in it, defaults too; a list's item or a map's key only by who owns itself.
 */
export function leftBehind(node: SchemaNode, owned: FieldSet, stillOwned: FieldSet): FieldSet {
  return difference(withStructFields(node, owned), withStructFields(node, stillOwned));
}

function withStructFields(node: SchemaNode | undefined, set: FieldSet): FieldSet {
  const out: FieldSet = { member: set.member, children: new Map() };
  for (const [element, child] of set.children) {
    const field = element.startsWith("f:") ? element.slice(2) : undefined;
    const below = field === undefined ? node?.items : childNode(node, field);
    const named = withStructFields(below, child);
    if (field !== undefined && node?.properties.has(field)) named.member = true;
    out.children.set(element, named);
  }
  return out;
}

/** Removes the members of a set in place, with all that is in them. */
export function removeFields(node: SchemaNode | undefined, value: Json, gone: FieldSet): void {
  if (isObject(value))
    for (const [element, child] of gone.children) {
      const field = element.slice(2);
      if (child.member) delete value[field];
      else if (value[field] !== undefined) removeFields(childNode(node, field), value[field], child);
    }
  else if (Array.isArray(value) && node !== undefined) removeItems(node, value, gone);
}

function removeItems(node: SchemaNode, list: Json[], gone: FieldSet): void {
  for (let index = list.length - 1; index >= 0; index--) {
    const child = gone.children.get(elementOf(node, list[index]!));
    if (child?.member === true) list.splice(index, 1);
    else if (child !== undefined) removeFields(node.items, list[index]!, child);
  }
}
