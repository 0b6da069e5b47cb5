// CanaryAction: what a person, a dashboard or a repository asks of a rollout, as an object. Immutable; kept as the audit log.

import { z } from "zod";
import type { KubeObject } from "../kubernetes/object.ts";
import { objectName } from "./names.ts";
import { ruled } from "./rule.ts";

/** `promote` goes on from a pause or to the next step; `promoteFull` goes to the end at once. */
export const VERBS = ["promote", "promoteFull", "pause", "resume", "skip", "abort", "retry", "undo"] as const;
export type Verb = (typeof VERBS)[number];

/**
 * Verbs that only ever hold traffic back work without naming a rollout: whoever types them at night has no id at hand.
 * All others name the rollout they mean, so that an old file applied again does nothing.
 */
const VERBS_WITHOUT_ROLLOUT: readonly Verb[] = ["abort", "pause"];

const RFC_3339 = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$";

const fields = z
  .strictObject({
    canaryRef: z
      .strictObject({ name: objectName("echo", "Name of the Canary, in the action's namespace.") })
      .describe("The Canary that is meant.")
      .meta({ examples: [{ name: "echo" }] }),
    verb: z
      .enum(VERBS)
      .describe(
        "promote: on from a pause or to the next step. promoteFull: to 100 % at once. pause, resume: hold and go on. " +
          "skip: past the current step. abort: all traffic back to stable, at once. retry: an aborted rollout once more. " +
          "undo: back to stable after completion.",
      )
      .meta({ examples: ["promote"] }),
    reason: z
      .string()
      .max(1024)
      .optional()
      .describe("Why, for the audit log.")
      .meta({ examples: ["error rate on the board looks fine"] }),
    by: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe("Who asks. The API server admits only the caller's own name here.")
      .meta({ examples: ["jane@example.com"] }),
    rollout: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe(
        "The rollout that is meant (status.rollout.id); another one running means Refused. Only abort and pause may go without.",
      )
      .meta({ examples: ["6f9c2ab1"] }),
    step: z
      .int()
      .min(0)
      .optional()
      .describe(
        "The step that is meant (status.rollout.step), for promote and skip; another one current means Refused.",
      )
      .meta({ examples: [1] }),
    expiresAt: z
      .string()
      .max(64)
      .regex(new RegExp(RFC_3339))
      .optional()
      .describe("RFC 3339 time after which the action is Expired instead of carried out.")
      .meta({ examples: ["2026-11-24T18:00:00Z"], format: "date-time" }),
  })
  .describe("What is asked. Never changed after creation.")
  .meta({ examples: [{ canaryRef: { name: "echo" }, verb: "promote", rollout: "6f9c2ab1" }] });

export const canaryActionSpecSchema = ruled(fields, {
  holds: ({ verb, rollout }) => rollout !== undefined || VERBS_WITHOUT_ROLLOUT.includes(verb),
  cel: `has(self.rollout) || self.verb in [${VERBS_WITHOUT_ROLLOUT.map((verb) => `'${verb}'`).join(", ")}]`,
  message: "is missing, and this verb must say which rollout it means, so that an old file does nothing",
  cure: "write rollout: with the Canary's status.rollout.id",
  field: "rollout",
});

/** What the controller answers, in the action's status. */
export const canaryActionStatusSchema = z
  .strictObject({
    state: z.enum(["Accepted", "Done", "Refused", "Expired"]).describe("What became of the action."),
    message: z.string().describe("One sentence for people: what was done, or why not."),
    at: z.string().describe("When, RFC 3339."),
  })
  .describe("What became of the action; written by the controller.");

type CanaryActionSpec = z.infer<typeof canaryActionSpecSchema>;
export type ActionState = z.infer<typeof canaryActionStatusSchema>["state"];

export interface CanaryAction extends KubeObject {
  spec: CanaryActionSpec;
  status?: z.infer<typeof canaryActionStatusSchema>;
}
