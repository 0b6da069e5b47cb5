import { describe, expect, test } from "vitest";
import type { JsonObject } from "../json.ts";
import { builtinSchema, DEFINITIONS } from "../schema/builtin.ts";
import { nodeOf } from "../schema/schema-node.ts";
import { inElementOrder } from "./element-order.ts";
import { strategicPatch } from "./strategic-patch.ts";

const DEPLOYMENT = nodeOf(builtinSchema("apps", "v1", "Deployment"), DEFINITIONS);
const SERVICE = nodeOf(builtinSchema("", "v1", "Service"), DEFINITIONS);

function pod(spec: JsonObject): JsonObject {
  return { spec: { template: { spec } } };
}

describe("directives", () => {
  const rows: [name: string, before: JsonObject, patch: JsonObject, after: JsonObject][] = [
    [
      "null removes a field",
      { spec: { replicas: 3, paused: true } },
      { spec: { paused: null } },
      { spec: { replicas: 3 } },
    ],
    [
      "$patch: replace takes a map whole",
      { spec: { replicas: 3, paused: true } },
      { spec: { $patch: "replace", replicas: 1 } },
      { spec: { replicas: 1 } },
    ],
    [
      "$patch: delete empties a map",
      { metadata: { labels: { a: "1" }, name: "x" } },
      { metadata: { labels: { $patch: "delete" } } },
      { metadata: { name: "x" } },
    ],
    [
      "$patch: delete removes one item",
      pod({ containers: [{ name: "a" }, { name: "b" }] }),
      pod({ containers: [{ name: "a", $patch: "delete" }] }),
      pod({ containers: [{ name: "b" }] }),
    ],
    [
      "$patch: replace in a list takes the list whole",
      pod({ containers: [{ name: "a" }, { name: "b" }] }),
      pod({ containers: [{ name: "c" }, { $patch: "replace" }] }),
      pod({ containers: [{ name: "c" }] }),
    ],
    [
      "$retainKeys drops a union's other members",
      { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      { spec: { strategy: { type: "Recreate" } } },
    ],
    [
      "$deleteFromPrimitiveList removes values",
      { metadata: { finalizers: ["a/a", "b/b"] } },
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a/a"] } },
      { metadata: { finalizers: ["b/b"] } },
    ],
    [
      "primitive lists with the merge strategy join",
      { metadata: { finalizers: ["a/a"] } },
      { metadata: { finalizers: ["b/b", "a/a"] } },
      { metadata: { finalizers: ["b/b", "a/a"] } },
    ],
    [
      "lists without a merge key are replaced",
      pod({ containers: [{ name: "a", args: ["1", "2"] }] }),
      pod({ containers: [{ name: "a", args: ["3"] }] }),
      pod({ containers: [{ name: "a", args: ["3"] }] }),
    ],
    [
      "new items go before those that are there, as a real server puts them",
      pod({ containers: [{ name: "a" }, { name: "b" }] }),
      pod({ containers: [{ name: "c" }] }),
      pod({ containers: [{ name: "c" }, { name: "a" }, { name: "b" }] }),
    ],
    [
      "$setElementOrder sorts the sender's items",
      pod({ containers: [{ name: "a" }, { name: "b" }] }),
      pod({ "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] }),
      pod({ containers: [{ name: "b" }, { name: "a" }] }),
    ],
  ];

  test.each(rows)("%s", (_name, before, patch, after) => {
    const frozen = structuredClone(before);
    expect(strategicPatch(DEPLOYMENT, before, patch)).toEqual(after);
    expect(before).toEqual(frozen);
  });
});

test("a Service's ports merge by port number", () => {
  const before = { spec: { ports: [{ port: 80, name: "http" }] } };
  expect(strategicPatch(SERVICE, before, { spec: { ports: [{ port: 80, targetPort: 8080 }] } })).toEqual({
    spec: { ports: [{ port: 80, name: "http", targetPort: 8080 }] },
  });
});

test("an item without its merge key is refused", () => {
  expect(() => strategicPatch(DEPLOYMENT, {}, pod({ containers: [{ image: "x" }] }))).toThrow(
    /does not contain declared merge key: name/,
  );
});

test("an unknown directive is refused", () => {
  expect(() => strategicPatch(DEPLOYMENT, {}, { spec: { $patch: "explode" } })).toThrow(
    /unknown \$patch directive "explode"/,
  );
});

test("the server's own items keep their place among the sender's", () => {
  const [a, own, b] = [{ name: "a" }, { name: "own" }, { name: "b" }];
  expect(inElementOrder([a, own, b], { sent: [a, b], before: [a, own, b], mergeKey: "name" })).toEqual([a, own, b]);
  expect(inElementOrder([a, own, b], { sent: [b, a], before: [a, own, b], mergeKey: "name" })).toEqual([own, b, a]);
});
