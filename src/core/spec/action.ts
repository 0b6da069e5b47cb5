// CanaryAction: what a person, a dashboard or a repository asks of a rollout, as an object. Immutable; kept as the audit log.

import { z } from "zod";
import type { KubeObject } from "../kubernetes/object.ts";

/** `promote` goes on from a pause or to the next step; `promoteFull` goes to the end at once. */
export const VERBS = ["promote", "promoteFull", "pause", "resume", "skip", "abort", "retry", "undo"] as const;
export type Verb = (typeof VERBS)[number];

export const canaryActionSpecSchema = z.strictObject({
  canaryRef: z.strictObject({ name: z.string().min(1).max(253) }),
  verb: z.enum(VERBS),
  reason: z.string().max(1024).optional(),
  /** Who asks. The API server admits only the caller's own name here. */
  by: z.string().max(253).optional(),
  /** The rollout id that is meant; another one running means Refused. */
  rollout: z.string().optional(),
  /** The step index that is meant (promote, skip); another one current means Refused. */
  step: z.int().min(0).optional(),
  /** RFC 3339. */
  expiresAt: z.string().optional(),
});

export type CanaryActionSpec = z.infer<typeof canaryActionSpecSchema>;
export type ActionState = "Accepted" | "Done" | "Refused" | "Expired";

export interface CanaryAction extends KubeObject {
  spec: CanaryActionSpec;
  status?: { state: ActionState; message: string; at: string };
}
