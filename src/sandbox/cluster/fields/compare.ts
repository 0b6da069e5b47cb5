// Which fields a change added, modified and removed; and which fields an applied configuration names.
// Source: sigs.k8s.io/structured-merge-diff typed/compare.go and typed/tofieldset.go.

import { type Json, type JsonObject, sameJson } from "../json.ts";
import type { SchemaNode } from "../schema/schema-node.ts";
import { emptySet, type FieldSet, insert, type Path } from "./field-set.ts";
import { childNode, elementOf, isEmptyContainer, itemsByElement, type Shape, shapeOf } from "./shape.ts";

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

export function compareObjects(node: SchemaNode, before: JsonObject, after: JsonObject): Comparison {
  const out = { added: emptySet(), modified: emptySet(), removed: emptySet() };
  compare({ node, before, after, path: [] }, out);
  return out;
}

interface Pair {
  node: SchemaNode | undefined;
  before: Json | undefined;
  after: Json | undefined;
  path: Path;
}

function compare(pair: Pair, out: Comparison): void {
  const { node, before, after, path } = pair;
  if (before === after) return;
  if (isEmptyContainer(before) && isEmptyContainer(after)) return compareLeaf(pair, out);
  const shapes = new Set([before, after].filter(isThere).map((each) => shapeOf(node, each)));
  // Where the shape changed, what was inside is gone, what is inside is new, and the place itself is modified.
  if (shapes.size > 1) {
    compareInside({ ...pair, after: undefined }, shapeOf(node, before), out);
    compareInside({ ...pair, before: undefined }, shapeOf(node, after), out);
    insert(out.modified, path);
    return;
  }
  const [shape = "leaf"] = shapes;
  if (shape === "leaf") return compareLeaf(pair, out);
  compareInside(pair, shape, out);
  if (before === undefined) insert(out.added, path);
  else if (after === undefined) insert(out.removed, path);
}

function isThere(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

function compareInside(pair: Pair, shape: Shape, out: Comparison): void {
  if (shape === "map") compareFields(pair, out);
  else if (shape === "list") compareItems(pair, out);
}

function compareLeaf({ before, after, path }: Pair, out: Comparison): void {
  if (before === undefined) insert(out.added, path);
  else if (after === undefined) insert(out.removed, path);
  else if (!sameJson(before, after)) insert(out.modified, path);
}

function compareFields({ node, before, after, path }: Pair, out: Comparison): void {
  const [old, now] = [(before ?? {}) as JsonObject, (after ?? {}) as JsonObject];
  for (const field of new Set([...Object.keys(old), ...Object.keys(now)]))
    compare(
      { node: childNode(node, field), before: old[field], after: now[field], path: [...path, `f:${field}`] },
      out,
    );
}

function compareItems({ node, before, after, path }: Pair, out: Comparison): void {
  const old = itemsByElement(node!, (before ?? []) as Json[]);
  const now = itemsByElement(node!, (after ?? []) as Json[]);
  for (const element of new Set([...old.keys(), ...now.keys()]))
    compare({ node: node!.items, before: old.get(element), after: now.get(element), path: [...path, element] }, out);
}

/** The fields that a configuration names: what an apply owns. */
export function fieldsOf(node: SchemaNode, value: JsonObject): FieldSet {
  const out = emptySet();
  collect(node, value, [], out);
  return out;
}

function collect(node: SchemaNode | undefined, value: Json, path: Path, out: FieldSet): void {
  const shape = shapeOf(node, value);
  if (shape === "leaf") insert(out, path);
  else if (shape === "list") collectItems(node!, value as Json[], path, out);
  else collectFields(node, value as JsonObject, path, out);
}

function collectItems(node: SchemaNode, list: Json[], path: Path, out: FieldSet): void {
  for (const item of list) {
    const below = [...path, elementOf(node, item)];
    collect(node.items, item, below, out);
    insert(out, below);
  }
}

function collectFields(node: SchemaNode | undefined, value: JsonObject, path: Path, out: FieldSet): void {
  for (const [field, each] of Object.entries(value)) {
    const below = [...path, `f:${field}`];
    collect(childNode(node, field), each, below, out);
    const declared = node?.properties.has(field) === true;
    // An empty list with identities names nothing; an empty map is a statement.
    if (!declared || (isEmptyContainer(each) && !Array.isArray(each))) insert(out, below);
  }
}
