import { expect, it } from "vitest";
import type { z } from "zod";
import type { CanaryStatus } from "../rollout/status.ts";
import { canaryStatusSchema } from "./canary-status.ts";

type Schema = z.infer<typeof canaryStatusSchema>;

it("has the fields that the code works with, so that the API server prunes none", () => {
  // Compiles only while each is assignable to the other; both directions also cover optional fields by Required.
  const forth = (status: Complete<CanaryStatus>): Complete<Schema> => status;
  const back = (status: Complete<Schema>): Complete<CanaryStatus> => status;
  expect([forth, back]).toHaveLength(2);
});

/** Every field required, all the way down: a field that only one side has no longer slips through as optional. */
type Complete<T> = T extends (infer Item)[]
  ? Complete<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Complete<NonNullable<T[Key]>> }
    : T;

it("takes a whole status", () => {
  const status: CanaryStatus = {
    phase: "Progressing",
    message: "20 % on echo-v2",
    observedGeneration: 1,
    conditions: [
      { type: "Ready", status: "True", reason: "Moving", message: "", lastTransitionTime: "2026-11-24T00:00:00Z" },
    ],
    rollout: {
      id: "6f9c2ab1",
      stable: "echo-v1",
      canary: "echo-v2",
      templateHash: "abc",
      attempt: 0,
      startedAt: "2026-11-24T00:00:00Z",
      step: 1,
    },
    traffic: {
      namespace: "default",
      host: "echo",
      stableSubset: "v1",
      canarySubset: "v2",
      destinationRule: "echo",
      routes: [{ virtualService: "echo", index: 0, adds: "canary", impliedWeight: true }],
      total: 100,
    },
    weight: { wanted: 20, written: 20, acknowledged: 20, observed: 19.5, total: 100 },
    evidence: {
      state: "collecting",
      stable: { requests: 80, errors: 0 },
      canary: { requests: 20, errors: 0 },
      odds: 1,
      limit: 100,
      wealth: [0, 0.5],
      harmed: 0,
      since: "2026-11-24T00:00:00Z",
      unmatched: 0,
    },
    actionsSeen: ["uid"],
  };
  expect(canaryStatusSchema.safeParse(status)).toEqual({ success: true, data: status });
});
