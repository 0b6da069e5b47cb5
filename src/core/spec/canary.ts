// The Canary resource: the one schema that types, validation, the CRD and the reference come from.

import { z } from "zod";
import { parseDurationMs } from "../kubernetes/duration.ts";
import type { KubeObject } from "../kubernetes/object.ts";
import type { CanaryStatus } from "../rollout/status.ts";
import { objectName, subsetName } from "./names.ts";
import { reserved, ruled } from "./rule.ts";

const STEPS_EXAMPLE = [{ setWeight: 20 }, { pause: { duration: "30s" } }, { setWeight: 100 }];
const STEPS_LINES = "steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]";
const VERSIONS_EXAMPLE = { stable: "echo-v1", canary: "echo-v2" };
const VERSIONS_LINES = "versions: {stable: echo-v1, canary: echo-v2}";

/** A year: longer than any rollout, and far from where arithmetic on dates ends. */
const MAX_PAUSE_MS = 8_760 * 3_600_000;

const durationSchema = ruled(
  z.string().min(1).max(32).describe("How long to wait, such as 30s, 5m or 1h30m. Left out: until a person promotes."),
  {
    holds: (text) => {
      const ms = parseDurationMs(text);
      return ms !== undefined && ms >= 0 && ms <= MAX_PAUSE_MS;
    },
    cel: "self.matches('^[+]?([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))*$') ? duration(self) <= duration('8760h') : self == '0'",
    message: "is not a duration from 0s to 8760h",
    cure: "write numbers with their units (ms, s, m, h), such as 30s, 5m or 1h30m",
  },
).meta({ examples: ["30s"] });

const setWeightSchema = z
  .int()
  .min(0)
  .max(100)
  .describe("Percent of the traffic that goes to the canary from this step on, a whole number from 0 to 100.")
  .meta({ examples: [20] });

const pauseSchema = z
  .strictObject({ duration: durationSchema.optional() })
  .describe("Waits for a time, or with {} until a person promotes.")
  .meta({ examples: [{ duration: "30s" }] });

/** One of the two. */
const stepSchema = z
  .union([z.strictObject({ setWeight: setWeightSchema }), z.strictObject({ pause: pauseSchema })])
  .describe("Exactly one of setWeight and pause.")
  .meta({
    examples: [{ setWeight: 20 }],
    "x-kubernetes-validations": [
      {
        rule: "has(self.setWeight) != has(self.pause)",
        message: "a step has exactly one of setWeight and pause; write {setWeight: 20} or {pause: {duration: 30s}}",
      },
    ],
  });

const virtualServiceSchema = z
  .strictObject({
    name: objectName("echo", "Name of the VirtualService, in the Canary's namespace."),
    routes: z
      .array(
        z
          .string()
          .min(1)
          .max(253)
          .meta({ examples: ["primary"] }),
      )
      .min(1)
      .max(64)
      .optional()
      .describe("Names of the HTTP routes to move. Left out: those that send to the two subsets.")
      .meta({ examples: [["primary"]] }),
  })
  .meta({ examples: [{ name: "echo" }] });

/** In the cluster the list type `map` refuses a second entry of the same name. */
function eachOnce(services: { name: string }[], context: z.RefinementCtx): void {
  const twice = services.find(({ name }, index) => services.findIndex((other) => other.name === name) < index);
  const cure = "write each VirtualService once, with all its routes";
  if (twice !== undefined)
    context.addIssue({ code: "custom", message: `names ${twice.name} twice`, params: { cure }, input: services });
}

const destinationRuleSchema = ruled(
  z
    .strictObject({
      name: objectName("echo", "Name of the DestinationRule, in the Canary's namespace."),
      stableSubset: subsetName("v1", "Subset of the stable version. Left out: found by labels.").optional(),
      canarySubset: subsetName("v2", "Subset of the canary version. Left out: found by labels.").optional(),
    })
    .describe("The DestinationRule that has a subset for each version. Left out: found by labels.")
    .meta({ examples: [{ name: "echo" }] }),
  {
    holds: ({ stableSubset, canarySubset }) => stableSubset === undefined || stableSubset !== canarySubset,
    cel: "!has(self.stableSubset) || !has(self.canarySubset) || self.stableSubset != self.canarySubset",
    message: "is the same subset as stableSubset",
    cure: "name the subset whose labels select the canary's pods",
    field: "canarySubset",
  },
);

const trafficSchema = z
  .strictObject({
    istio: z
      .strictObject({
        virtualServices: z
          .array(virtualServiceSchema)
          .min(1)
          .max(16)
          .superRefine(eachOnce)
          .optional()
          .describe("The VirtualServices whose routes are moved, all to the same split.")
          .meta({
            examples: [[{ name: "echo" }]],
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
          }),
        destinationRule: destinationRuleSchema.optional(),
      })
      .optional()
      .describe("Traffic is split by Istio.")
      .meta({ examples: [{ virtualServices: [{ name: "echo" }] }] }),
    gatewayAPI: reserved(
      "object",
      "route with Istio: write traffic: {istio: {virtualServices: [{name: echo}]}}, or leave traffic out",
    ),
  })
  .describe(
    "Where the traffic is split. Left out: found by looking, and pinned in status.traffic when a rollout starts.",
  )
  .meta({ examples: [{ istio: { virtualServices: [{ name: "echo" }] } }] });

const versionsSchema = ruled(
  z
    .strictObject({
      stable: objectName("echo-v1", "Name of the Deployment that carries the traffic."),
      canary: objectName("echo-v2", "Name of the Deployment to move the traffic to."),
    })
    .describe("The two Deployments of a release, both owned by you; only traffic is moved between them.")
    .meta({ examples: [VERSIONS_EXAMPLE] }),
  {
    holds: ({ stable, canary }) => stable !== canary,
    cel: "self.stable != self.canary",
    message: "is the same Deployment as stable",
    cure: "name the Deployment to move the traffic to, such as echo-v2",
    field: "canary",
  },
);

const strategySchema = z
  .strictObject({
    steps: z
      .array(stepSchema)
      .min(1)
      .max(100)
      .describe("What happens, in order. After the last step the canary gets all traffic.")
      .meta({ examples: [STEPS_EXAMPLE], "x-kubernetes-list-type": "atomic" }),
    adaptive: reserved("object", `write ${STEPS_LINES}`),
    blueGreen: reserved("object", `write ${STEPS_LINES}`),
    match: reserved("array", `write ${STEPS_LINES}`),
    mirror: reserved("object", `write ${STEPS_LINES}`),
  })
  .describe("How the traffic moves.")
  .meta({ examples: [{ steps: STEPS_EXAMPLE }], lines: { steps: STEPS_LINES } });

const ANALYSIS_CURE = "write analysis: {} for the built-in comparison of errors against the stable version";

const analysisSchema = z
  .strictObject({
    latency: reserved("object", ANALYSIS_CURE),
    checks: reserved("array", ANALYSIS_CURE),
    metrics: reserved("array", ANALYSIS_CURE),
  })
  .describe(
    "The canary's failed requests are compared with the stable version's; a canary that is worse is taken back.",
  )
  .meta({ examples: [{}] });

export const canarySpecSchema = z
  .strictObject({
    versions: versionsSchema,
    target: reserved("object", `write ${VERSIONS_LINES} with two Deployments of yours`),
    traffic: trafficSchema.optional(),
    strategy: strategySchema,
    analysis: analysisSchema.default({}),
  })
  .describe("What is wanted: from which version to which, by which steps.")
  .meta({
    examples: [{ versions: VERSIONS_EXAMPLE, strategy: { steps: STEPS_EXAMPLE } }],
    lines: { versions: VERSIONS_LINES, strategy: `strategy: {${STEPS_LINES}}` },
  });

export type Step = z.infer<typeof stepSchema>;
export type TrafficSpec = z.infer<typeof trafficSchema>;
/** As written: a part with a default may be absent. parse.ts fills it in. */
export type CanarySpec = z.input<typeof canarySpecSchema>;

export interface Canary extends KubeObject {
  spec: CanarySpec;
  status?: CanaryStatus;
}
