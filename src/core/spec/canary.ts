// The Canary resource: the one schema that types, validation and the CRD come from.

import { z } from "zod";
import type { KubeObject } from "../kubernetes/object.ts";
import type { CanaryStatus } from "../rollout/status.ts";

const name = z.string().min(1).max(253);

export const stepSchema = z.union([
  z.strictObject({ setWeight: z.int().min(0).max(100) }),
  z.strictObject({ pause: z.strictObject({ duration: z.string().optional() }) }),
]);

export const trafficSchema = z.strictObject({
  istio: z
    .strictObject({
      virtualServices: z.array(z.strictObject({ name, routes: z.array(name).optional() })).optional(),
      destinationRule: z
        .strictObject({ name, stableSubset: name.optional(), canarySubset: name.optional() })
        .optional(),
    })
    .optional(),
});

export const canarySpecSchema = z.strictObject({
  /** The Deployment that carries the traffic, and the one to move it to. */
  versions: z.strictObject({ stable: name, canary: name }),
  traffic: trafficSchema.optional(),
  strategy: z.strictObject({ steps: z.array(stepSchema).min(1) }),
  analysis: z.strictObject({}).optional(),
});

export type Step = z.infer<typeof stepSchema>;
export type TrafficSpec = z.infer<typeof trafficSchema>;
export type CanarySpec = z.infer<typeof canarySpecSchema>;

export interface Canary extends KubeObject {
  spec: CanarySpec;
  status?: CanaryStatus;
}
