import { expect, test } from "vitest";
import { parseJsonPath } from "./json-path.ts";

const OBJECT = {
  spec: {
    list: ["x", "y", "z"],
    ports: [
      { name: "http", port: 80 },
      { name: "grpc", port: 81 },
    ],
    "with.dot": 1,
  },
  status: {
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Old", status: "False", age: 5 },
    ],
  },
};

test.each([
  [".spec.list", [["x", "y", "z"]]],
  [".spec.list[0]", ["x"]],
  [".spec.list[-1]", ["z"]],
  [".spec.list[*]", ["x", "y", "z"]],
  [".spec.list[1:]", ["y", "z"]],
  [".spec.list[9]", []],
  [".spec.ports[*].port", [80, 81]],
  [".spec['with.dot']", [1]],
  [".spec.with\\.dot", [1]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".status.conditions[?(@.type != 'Ready')].status", ["False"]],
  [".status.conditions[?(@.age>4)].type", ["Old"]],
  [".status.conditions[?(@.age)].type", ["Old"]],
  ["..port", [80, 81]],
  ["{.spec.list[2]}", ["z"]],
  ["$.spec.list[2]", ["z"]],
  [".none.at.all", []],
  [".spec.list.length", []],
  [".spec.constructor", []],
])("%s", (path, expected) => {
  expect(parseJsonPath(path)?.find(OBJECT)).toEqual(expected);
});

test.each([".spec[", ".a[?(x)]", ".a[b]", "a b"])("%s is no path", (path) => {
  expect(parseJsonPath(path)).toBeUndefined();
});
