// Sets of field paths, as managedFields stores them (FieldsV1): a tree whose edges are `f:name`, `k:{"key":"value"}` and `v:"item"`,
// and whose nodes say whether the path that ends there is a member. Source: sigs.k8s.io/structured-merge-diff fieldpath.

import type { JsonObject } from "../json.ts";

export interface FieldSet {
  member: boolean;
  readonly children: Map<string, FieldSet>;
}

export type Path = readonly string[];

export function emptySet(): FieldSet {
  return { member: false, children: new Map() };
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.member && [...set.children.values()].every(isEmptySet);
}

export function insert(set: FieldSet, path: Path): void {
  let at = set;
  for (const element of path) {
    let next = at.children.get(element);
    if (next === undefined) {
      next = emptySet();
      at.children.set(element, next);
    }
    at = next;
  }
  at.member = true;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = { member: a.member || b.member, children: new Map(a.children) };
  for (const [element, child] of b.children) {
    const mine = out.children.get(element);
    out.children.set(element, mine === undefined ? child : union(mine, child));
  }
  return out;
}

/** Members of `a` that are no members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB, true);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB, false);
}

function combine(a: FieldSet, b: FieldSet, decide: (a: boolean, b: boolean) => boolean, keepAlone: boolean): FieldSet {
  const out: FieldSet = { member: decide(a.member, b.member), children: new Map() };
  for (const [element, child] of a.children) {
    const other = b.children.get(element);
    const kept = other === undefined ? (keepAlone ? child : undefined) : combine(child, other, decide, keepAlone);
    if (kept !== undefined && !isEmptySet(kept)) out.children.set(element, kept);
  }
  return out;
}

/** `a` without the paths named and everything below them. */
export function withoutSubtrees(a: FieldSet, paths: readonly Path[]): FieldSet {
  return paths.reduce(withoutSubtree, a);
}

function withoutSubtree(set: FieldSet, [first, ...rest]: Path): FieldSet {
  const child = first === undefined ? undefined : set.children.get(first);
  if (first === undefined || child === undefined) return set;
  const children = new Map(set.children);
  const kept = rest.length === 0 ? emptySet() : withoutSubtree(child, rest);
  if (isEmptySet(kept)) children.delete(first);
  else children.set(first, kept);
  return { member: set.member, children };
}

/** Only what lies at or below one path. */
export function onlySubtree(set: FieldSet, path: Path): FieldSet {
  const out = emptySet();
  let [from, to] = [set, out];
  for (const [index, element] of path.entries()) {
    const next = from.children.get(element);
    if (next === undefined) return emptySet();
    const copy = index === path.length - 1 ? next : emptySet();
    to.children.set(element, copy);
    [from, to] = [next, copy];
  }
  return out;
}

export function sameSet(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(difference(a, b)) && isEmptySet(difference(b, a));
}

/** Every member; at each node first those right below it, then what lies deeper, as a real server lists them. */
export function members(set: FieldSet, prefix: Path = []): Path[] {
  const children = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1));
  const direct = children.filter(([, child]) => child.member).map(([element]) => [...prefix, element]);
  return [...direct, ...children.flatMap(([element, child]) => members(child, [...prefix, element]))];
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const out: JsonObject = {};
  if (set.member && set.children.size > 0) out["."] = {};
  for (const [element, child] of [...set.children].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (!isEmptySet(child)) out[element] = toFieldsV1(child);
  return out;
}

export function fromFieldsV1(fields: JsonObject): FieldSet {
  const out = emptySet();
  for (const [element, value] of Object.entries(fields)) {
    if (element === ".") continue;
    out.children.set(element, readChild(value as JsonObject));
  }
  return out;
}

function readChild(fields: JsonObject): FieldSet {
  const child = fromFieldsV1(fields);
  child.member = Object.keys(fields).length === 0 || Object.hasOwn(fields, ".");
  return child;
}

/** `.spec.containers[name="a"].image`: how conflicts name a path. */
export function pathText(path: Path): string {
  return path
    .map((element) => {
      const content = element.slice(2);
      if (element.startsWith("f:")) return `.${content}`;
      if (element.startsWith("v:")) return `[=${content}]`;
      if (element.startsWith("i:")) return `[${content}]`;
      const keys = Object.entries(JSON.parse(content) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
    })
    .join("");
}
