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
    heldBy: z.string().optional().describe("Who holds the rollout."),
    endReason: z.string().optional().describe("Why it ended as it did."),
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
    writtenVersions: z.record(z.string(), z.string()).optional(),
  })
  .describe("The canary's weight: wanted, written, acknowledged by the proxies, observed in the counters.");

const evidenceSchema = z
  .strictObject({
    state: z.enum(["collecting", "worse", "blind", "quiet", "starved"]),
    stable: counts("the stable version"),
    canary: counts("the canary"),
    odds: z.number().describe("Evidence that the canary is worse, as odds against luck."),
    limit: z.number().describe("The odds at which the canary is taken back."),
    wealth: z.array(z.number()).describe("Opaque: resumed after a restart."),
    harmed: z.number().describe("Failed canary requests beyond stable's rate."),
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
    actionsSeen: z.array(z.string()).optional().describe("Actions already taken up, newest last."),
  })
  .describe("What Serin knows; written by the controller.");
