import { describe, expect, it } from "vitest";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { threeWayPatch } from "./apply.ts";

const route = (...weights: number[]) => [{ route: weights.map((weight) => ({ weight })) }];

describe("what apply sends", () => {
  it("nothing when the live object is as wanted, whatever others added to it", () => {
    const wanted = object({ spec: { hosts: ["*"], http: route(80, 20) } });
    const live = object({ spec: { hosts: ["*"], http: route(80, 20), defaulted: true }, status: { ok: true } });
    expect(threeWayPatch(wanted, wanted, live)).toBeUndefined();
  });

  it("the changed list whole", () => {
    const before = object({ spec: { hosts: ["*"], http: route(80, 20) } });
    const wanted = object({ spec: { hosts: ["*"], http: route(50, 50) } });
    expect(threeWayPatch(before, wanted, before)).toEqual({ spec: { http: route(50, 50) } });
  });

  it("sets right what somebody else changed, though the file did not change", () => {
    const wanted = object({ spec: { http: route(100, 0) } });
    const live = object({ spec: { http: route(30, 70) } });
    expect(threeWayPatch(wanted, wanted, live)).toEqual({ spec: { http: route(100, 0) } });
  });

  it("a removal for what the file no longer says, but nothing for what it never said", () => {
    const before = object({ spec: { hosts: ["*"], gateways: ["a"] } });
    const wanted = object({ spec: { hosts: ["*"] } });
    const live = object({ spec: { hosts: ["*"], gateways: ["a"], exportTo: ["."] } });
    expect(threeWayPatch(before, wanted, live)).toEqual({ spec: { gateways: null } });
  });
});

function object(fields: Record<string, unknown>): KubeObject {
  return { apiVersion: "v1", kind: "X", metadata: { name: "x" }, ...fields };
}
