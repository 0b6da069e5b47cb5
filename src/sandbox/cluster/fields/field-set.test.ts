import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  difference,
  emptySet,
  type FieldSet,
  fromFieldsV1,
  insert,
  intersection,
  isEmptySet,
  members,
  pathText,
  sameSet,
  toFieldsV1,
  union,
} from "./field-set.ts";

const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"');
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 });
const SEEDED = { seed: 3, numRuns: 300 };

function setOf(list: string[][]): FieldSet {
  const set = emptySet();
  for (const path of list) insert(set, path);
  return set;
}

function texts(set: FieldSet): Set<string> {
  return new Set(members(set).map((path) => path.join(" ")));
}

test("union, intersection and difference are those of sets of paths", () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const [a, b] = [setOf(left), setOf(right)];
      const [inA, inB] = [texts(a), texts(b)];
      expect(texts(union(a, b))).toEqual(new Set([...inA, ...inB]));
      expect(texts(intersection(a, b))).toEqual(new Set([...inA].filter((path) => inB.has(path))));
      expect(texts(difference(a, b))).toEqual(new Set([...inA].filter((path) => !inB.has(path))));
      expect(isEmptySet(difference(a, a))).toBe(true);
    }),
    SEEDED,
  );
});

test("FieldsV1 keeps a set whole", () => {
  fc.assert(
    fc.property(paths, (list) => {
      const set = setOf(list);
      expect(sameSet(fromFieldsV1(toFieldsV1(set)), set)).toBe(true);
    }),
    SEEDED,
  );
});

test("a member with members below it is written with a dot", () => {
  const set = setOf([
    ["f:spec", "f:list"],
    ["f:spec", "f:list", 'k:{"name":"x"}', "f:name"],
  ]);
  expect(toFieldsV1(set)).toEqual({ "f:spec": { "f:list": { ".": {}, 'k:{"name":"x"}': { "f:name": {} } } } });
});

test("paths read as conflicts print them", () => {
  const path = ["f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}', "f:set", 'v:"a"'];
  expect(pathText(path)).toBe('.spec.ports[port=80,protocol="TCP"].set[="a"]');
});
