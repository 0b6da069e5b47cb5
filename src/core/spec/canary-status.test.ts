import { expect, it } from "vitest";
import type { z } from "zod";
import { PROGRESSING } from "../../../testbed/rollout/echo-canary.ts";
import { TARGET } from "../../../testbed/rollout/echo-route.ts";
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
    ...PROGRESSING,
    conditions: [
      { type: "Ready", status: "True", reason: "Moving", message: "", lastTransitionTime: "2026-11-24T00:00:00Z" },
    ],
    traffic: { ...TARGET, routes: [{ virtualService: "echo", index: 0, adds: "canary", impliedWeight: true }] },
    weight: { ...PROGRESSING.weight!, observed: 19.5 },
    evidence: { ...PROGRESSING.evidence!, wealth: [0, 0.5] },
    actionsSeen: ["uid"],
  };
  expect(canaryStatusSchema.safeParse(status)).toEqual({ success: true, data: status });
});
