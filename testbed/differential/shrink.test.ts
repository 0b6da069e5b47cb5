// A failing case loses everything that the failure does not need.

import { expect, test } from "vitest";
import { generated } from "./generate.ts";
import { shrink } from "./shrink.ts";

test("what is left is what fails", async () => {
  const culprit = {
    match: [{ uri: { prefix: "/a" }, method: { exact: "GET" } }],
    timeout: "5s",
    route: [{ weight: 1 }],
  };
  const failing = {
    name: "x",
    feature: "x",
    routes: [{ hosts: ["case.test"], http: [{ route: [] }, culprit] }, { http: [] }],
    requests: [{ path: "/b" }, { path: "/a", method: "GET" }],
  };
  const small = await shrink(failing, async (variant) => JSON.stringify(variant).includes('"prefix":"/a"'), 500);
  expect(small.routes).toEqual([{ http: [{ match: [{ uri: { prefix: "/a" } }] }] }]);
  expect(small.requests).toEqual([{}]);
});

test("a seed gives the same cases again, another one others", () => {
  expect(generated(3, 5)).toEqual(generated(3, 5));
  expect(generated(3, 5)).not.toEqual(generated(4, 5));
});
