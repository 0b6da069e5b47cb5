// The shape of a Canary's status for the CRD. core/rollout/status.ts is what the code works with; canary-status.test.ts fails to
// compile when the two differ, because the API server prunes a field that the CRD lacks.

import { z } from "zod";

const time = (what: string) => z.string().describe(`${what}, RFC 3339.`);
const counts = (whose: string) =>
  z.strictObject({ requests: z.number(), errors: z.number() }).describe(`What ${whose} received in this rollout.`);

const conditionSchema = z.strictObject({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.int().optional(),
});

const rolloutSchema = z
  .strictObject({
    id: z.string().describe("Names this run: a short hash of stable, canary, the canary's template and the attempt."),
    stable: z.string(),
    canary: z.string(),
    templateHash: z.string().describe("Hash of the canary's pod template."),
    attempt: z.int().describe("Raised by retry."),
    startedAt: time("When it started"),
    endedAt: time("When it ended").optional(),
    step: z.int().describe("Index into spec.strategy.steps; equal to their number when all are done."),
    stepStartedAt: time("When the step started").optional(),
    stepRequests: z
      .strictObject({ stable: z.number(), canary: z.number() })
      .optional()
      .describe("Requests of the evidence when the step started."),
    startWeight: z.int().optional().describe("The canary's weight when the rollout started."),
    full: z.boolean().optional().describe("True after promote --full: no pause holds any more."),
    fellBackFrom: z
      .number()
      .optional()
      .describe("The weight from which a long blindness or lost endpoints took the canary down."),
    losses: z
      .number()
      .optional()
      .describe("How often the canary lost its last ready endpoint while it carried traffic."),
    foreignEdit: z.string().optional().describe("The last edit of the weights by somebody else that was answered."),
    gitOpsReverts: z.int().optional().describe("How often a GitOps manager put the original weights back."),
    heldBy: z.string().optional().describe("Who holds the rollout."),
    endReason: z.string().optional().describe("Why it ended, or why it is on its way back."),
    endMessage: z.string().optional().describe("The whole sentence of the end."),
  })
  .describe("The run that is going on, or the last one.");

const trafficTargetSchema = z
  .strictObject({
    namespace: z.string(),
    host: z.string(),
    stableSubset: z.string(),
    canarySubset: z.string(),
    destinationRule: z.string(),
    routes: z.array(
      z.strictObject({
        virtualService: z.string(),
        route: z.string().optional(),
        index: z.int(),
        adds: z.enum(["stable", "canary"]).optional(),
        impliedWeight: z.literal(true).optional(),
      }),
    ),
    total: z.int(),
  })
  .describe("The routes and destinations that were found when the rollout started.");

const weightSchema = z
  .strictObject({
    wanted: z.int(),
    written: z.int().describe("The canary's weight in the routes."),
    acknowledged: z.int().optional().describe("What the proxies work by."),
    observed: z.number().optional().describe("What the counters show."),
    total: z.int().describe("What the weights of a route sum to."),
  })
  .describe("The canary's weight: wanted, written, acknowledged by the proxies, observed in the counters.");

const rawCounters = z.strictObject({ requests: z.number(), errors: z.number(), epoch: z.string() });

const readingSchema = z
  .strictObject({
    at: z.string(),
    sourceAtMs: z.number(),
    weight: z.number(),
    stable: rawCounters.optional(),
    canary: rawCounters.optional(),
  })
  .describe("Opaque: the raw counters last counted in, resumed after a restart.");

const rejectedSchema = z
  .strictObject({
    id: z.string().describe("The id of its first attempt."),
    attempt: z.int(),
    reason: z.string(),
    message: z.string(),
    at: z.string(),
  })
  .describe("The end of an aborted or undone version.");

const evidenceSchema = z
  .strictObject({
    state: z.enum(["collecting", "worse", "blind", "quiet", "starved"]),
    stable: counts("the stable version"),
    canary: counts("the canary"),
    odds: z.number().describe("Evidence that the canary is worse, as odds against luck."),
    limit: z.number().describe("The odds at which the canary is taken back."),
    wealth: z.array(z.number()).describe("Opaque: resumed after a restart."),
    harmed: z.number().describe("Failed canary requests beyond stable's rate."),
    since: time("When collecting began"),
    reading: readingSchema.optional(),
    lastRequestAt: time("When a request was last seen on either side").optional(),
    unmatched: z.number().describe("Stable's requests since the canary's last one: many of them mean starved."),
    blindSince: time("When sight was lost").optional(),
  })
  .describe("What the comparison of the two versions shows.");

export const canaryStatusSchema = z
  .strictObject({
    phase: z.enum([
      "Idle",
      "Progressing",
      "Paused",
      "Completed",
      "Aborting",
      "Aborted",
      "Undoing",
      "Undone",
      "Stalled",
    ]),
    message: z.string().describe("One sentence for people."),
    observedGeneration: z.int().optional(),
    conditions: z
      .array(conditionSchema)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
    rollout: rolloutSchema.optional(),
    traffic: trafficTargetSchema.optional(),
    weight: weightSchema.optional(),
    evidence: evidenceSchema.optional(),
    lastDecision: z.strictObject({ at: z.string(), reason: z.string(), message: z.string() }).optional(),
    nextAction: z.strictObject({ at: z.string().optional(), what: z.string() }).optional(),
    rejected: z
      .array(rejectedSchema)
      .optional()
      .describe("Versions that were aborted or undone: they never start again without a retry."),
    actionsSeen: z.array(z.string()).optional().describe("Actions already taken up, newest last."),
  })
  .describe("What Serin knows; written by the controller.");
