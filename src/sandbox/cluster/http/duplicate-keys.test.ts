import * as fc from "fast-check";
import { expect, test } from "vitest";
import { duplicateKeys } from "./duplicate-keys.ts";

test.each([
  ["{}", []],
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ["a"]],
  ['{"a":1,"\\u0061":2}', ["a"]],
  ['{"a":{"b":1,"b":2,"b":3}}', ["a.b", "a.b"]],
  ['[{"x":[1,{"k":"a,b","k":"{"}]}]', ["[0].x[1].k"]],
  ['{"spec":{"http":[{},{"route":[{"weight":1,"weight":2}]}]}}', ["spec.http[1].route[0].weight"]],
  ['{"a":"a","b":"a"}', []],
  ['{"a":["a","a"]}', []],
])("%s", (json, expected) => {
  expect(duplicateKeys(json)).toEqual(expected);
});

test("what JSON.stringify writes has no doubled fields", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
      expect(duplicateKeys(JSON.stringify(value, null, indent))).toEqual([]);
    }),
    { seed: 7, numRuns: 300 },
  );
});
