// Header operations as istiod hands them to Envoy and Envoy carries them out.

import { expect, test } from "vitest";
import { edit } from "../wire/headers.ts";
import { compileHeaders, joinEdits } from "./compile-headers.ts";

const compile = (operations: { set?: Record<string, string>; add?: Record<string, string>; remove?: string[] }) =>
  compileHeaders({ response: operations }, "spec.http[0].headers", (field, message) => {
    throw new Error(`${field}: ${message}`);
  });

test("an empty value is neither added nor replaces one", () => {
  const { response } = compile({ set: { "x-a": "", "x-b": "" }, add: { "x-c": "" } });
  expect(edit(["x-a", "1"], response)).toEqual(["x-a", "1"]);
});

test("of a route and its single destination everything is set before anything is added", () => {
  const joined = joinEdits(compile({ add: { "x-a": "added by the route" } }), compile({ set: { "x-a": "set later" } }));
  expect(edit([], joined.response)).toEqual(["x-a", "set later", "x-a", "added by the route"]);
});
