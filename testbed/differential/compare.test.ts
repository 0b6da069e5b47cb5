// The judge itself: what counts as a difference, and that chance does not.

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/gateway/random.ts";
import { compare } from "./compare.ts";
import type { Observation } from "./observe.ts";

function seen(to: string, more: Partial<Observation> = {}): Observation {
  const attempts = [{ to, method: "GET", url: "/", over: "HTTP/1.1", headers: {}, body: "" }];
  return { status: 200, headers: { server: ["istio-envoy"] }, body: to, attempts, ...more };
}

test("equal answers have no difference, others are named by their place", () => {
  expect(compare([seen("v1")], [seen("v1")])).toEqual([]);
  expect(compare([seen("v1")], [seen("v1", { status: 503, headers: {} })])).toEqual([
    { field: "status", real: 200, sandbox: 503 },
    { field: "headers.server", real: ["istio-envoy"], sandbox: undefined },
  ]);
  expect(compare([seen("v1")], [seen("v1", { attempts: [] })]).map(({ field }) => field)).toEqual(["attempts[0]"]);
});

describe("of a thousand requests", () => {
  const N = 1_000;
  const exact = (share: number) => Array.from({ length: N }, (_, i) => seen(i < share * N ? "v1" : "v2"));
  const drawn = (share: number, seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: N }, () => seen(random() < share ? "v1" : "v2"));
  };

  test.each([0.8, 0.5, 0.99, 0.995])("a split of %d by chance is no difference, a hundred times", (share) => {
    const wrong = Array.from({ length: 100 }, (_, seed) => compare(drawn(share, seed), exact(share)).length);
    expect(wrong.filter((count) => count > 0)).toEqual([]);
  });

  test.each([
    [0.8, 0.2],
    [0.8, 0.6],
    [0.5, 1],
    [0.99, 0.9],
    [0.98, 1],
  ])("a split of %d is not one of %d", (real, sandbox) => {
    expect(compare(drawn(real, 1), exact(sandbox)).length).toBeGreaterThan(0);
  });
});
