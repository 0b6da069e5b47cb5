// Canaries and CanaryActions with the API server's verdict on each: a real one must give it (crd-real.ts), and the parser the same.

export interface Sample {
  what: string;
  object: Record<string, unknown>;
  /** Parts of the refusal; absent: accepted. */
  refused?: string[];
}

const VERSIONS = { stable: "echo-v1", canary: "echo-v2" };
const STEPS = [{ setWeight: 20 }, { pause: { duration: "30s" } }, { setWeight: 50 }, { pause: {} }, { setWeight: 100 }];
const STEPS_LINES = "write steps: [{setWeight: 20}, {pause: {duration: 30s}}, {setWeight: 100}]";

export function canaryObject(spec: unknown, name = "sample"): Record<string, unknown> {
  return { apiVersion: "serin.dev/v1alpha1", kind: "Canary", metadata: { name }, spec };
}

export function actionObject(spec: Record<string, unknown>, name = "sample"): Record<string, unknown> {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryAction",
    metadata: { name },
    spec: { canaryRef: { name: "echo" }, ...spec },
  };
}

const good = { versions: VERSIONS, strategy: { steps: STEPS } };
const withStep = (...steps: unknown[]) => canaryObject({ versions: VERSIONS, strategy: { steps } });
const withPause = (duration: unknown) => withStep({ pause: { duration } });
const withIstio = (istio: unknown) => canaryObject({ ...good, traffic: { istio } });

const ACCEPTED: Sample[] = [
  {
    what: "the design's Canary",
    object: canaryObject({
      ...good,
      traffic: { istio: { virtualServices: [{ name: "echo" }], destinationRule: { name: "echo" } } },
      analysis: {},
    }),
  },
  { what: "a Canary without traffic and analysis", object: canaryObject(good) },
  {
    what: "named routes and subsets",
    object: withIstio({
      virtualServices: [{ name: "echo", routes: ["main"] }],
      destinationRule: { name: "echo", stableSubset: "v1", canarySubset: "v2" },
    }),
  },
  ...["0s", "0", "250ms", "1h30m", "1.5h", "8760h"].map((duration) => ({
    what: `a pause of ${duration}`,
    object: withPause(duration),
  })),
  { what: "promote", object: actionObject({ verb: "promote", rollout: "6f9c2ab1", step: 1, reason: "looks fine" }) },
  { what: "abort without a rollout", object: actionObject({ verb: "abort" }) },
  { what: "an action that expires", object: actionObject({ verb: "pause", expiresAt: "2026-11-24T18:00:00+01:00" }) },
];

const REFUSED: Sample[] = [
  {
    what: "no steps",
    object: canaryObject({ versions: VERSIONS, strategy: {} }),
    refused: ["spec.strategy.steps", STEPS_LINES],
  },
  {
    what: "no strategy",
    object: canaryObject({ versions: VERSIONS }),
    refused: ["spec.strategy", "steps: [{setWeight: 20}"],
  },
  {
    what: "no versions",
    object: canaryObject({ strategy: { steps: STEPS } }),
    refused: ["spec.versions", "versions: {stable: echo-v1, canary: echo-v2}"],
  },
  { what: "no spec", object: canaryObject(undefined), refused: ["spec"] },
  { what: "empty steps", object: withStep(), refused: ["spec.strategy.steps"] },
  {
    what: "adaptive without steps",
    object: canaryObject({ versions: VERSIONS, strategy: { adaptive: { harmBudget: 25 } } }),
    refused: ["spec.strategy.adaptive", "not supported yet", STEPS_LINES],
  },
  {
    what: "adaptive beside steps",
    object: canaryObject({ versions: VERSIONS, strategy: { steps: STEPS, adaptive: {} } }),
    refused: ["spec.strategy.adaptive"],
  },
  {
    what: "latency checks",
    object: canaryObject({ ...good, analysis: { latency: { p99: "250ms" } } }),
    refused: ["spec.analysis.latency", "write analysis: {}"],
  },
  {
    what: "metrics of one's own",
    object: canaryObject({ ...good, analysis: { metrics: [{ name: "x" }] } }),
    refused: ["spec.analysis.metrics"],
  },
  {
    what: "Gateway API",
    object: canaryObject({ ...good, traffic: { gatewayAPI: { httpRoutes: [{ name: "echo" }] } } }),
    refused: ["spec.traffic.gatewayAPI", "istio"],
  },
  {
    what: "a target",
    object: canaryObject({ ...good, target: { kind: "Deployment", name: "echo" } }),
    refused: ["spec.target", "versions: {stable"],
  },
  {
    what: "stable as canary",
    object: canaryObject({ ...good, versions: { stable: "a", canary: "a" } }),
    refused: ["spec.versions.canary", "same Deployment"],
  },
  {
    what: "a name in Unicode",
    object: canaryObject({ ...good, versions: { stable: "écho", canary: "a" } }),
    refused: ["spec.versions.stable", "lower-case letters"],
  },
  {
    what: "an empty name",
    object: canaryObject({ ...good, versions: { stable: "", canary: "a" } }),
    refused: ["spec.versions.stable"],
  },
  {
    what: "a step of both",
    object: withStep({ setWeight: 1, pause: {} }),
    refused: ["spec.strategy.steps[0]", "exactly one"],
  },
  { what: "a step of neither", object: withStep({}), refused: ["spec.strategy.steps[0]", "exactly one"] },
  { what: "weight 101", object: withStep({ setWeight: 101 }), refused: ["spec.strategy.steps[0].setWeight"] },
  { what: "weight -1", object: withStep({ setWeight: -1 }), refused: ["spec.strategy.steps[0].setWeight"] },
  { what: "weight 1.5", object: withStep({ setWeight: 1.5 }), refused: ["spec.strategy.steps[0].setWeight"] },
  { what: "weight as text", object: withStep({ setWeight: "20" }), refused: ["spec.strategy.steps[0].setWeight"] },
  ...["5x", "5", "-5s", "8761h", "1d", "1h 30m"].map((duration) => ({
    what: `a pause of ${duration}`,
    object: withPause(duration),
    refused: ["spec.strategy.steps[0].pause.duration", "such as 30s, 5m or 1h30m"],
  })),
  { what: "a pause of a number", object: withPause(30), refused: ["spec.strategy.steps[0].pause.duration"] },
  {
    what: "one subset on both sides",
    object: withIstio({ destinationRule: { name: "echo", stableSubset: "v1", canarySubset: "v1" } }),
    refused: ["spec.traffic.istio.destinationRule.canarySubset"],
  },
  {
    what: "one VirtualService twice",
    object: withIstio({ virtualServices: [{ name: "echo" }, { name: "echo" }] }),
    refused: ["spec.traffic.istio.virtualServices"],
  },
  {
    what: "no VirtualService in the list",
    object: withIstio({ virtualServices: [] }),
    refused: ["spec.traffic.istio.virtualServices"],
  },
  { what: "an unknown verb", object: actionObject({ verb: "rollback" }), refused: ["spec.verb", "promoteFull"] },
  {
    what: "promote without a rollout",
    object: actionObject({ verb: "promote" }),
    refused: ["spec.rollout", "status.rollout.id"],
  },
  {
    what: "a negative step",
    object: actionObject({ verb: "skip", rollout: "6f9c2ab1", step: -1 }),
    refused: ["spec.step"],
  },
  {
    what: "a time in words",
    object: actionObject({ verb: "abort", expiresAt: "tomorrow" }),
    refused: ["spec.expiresAt"],
  },
];

export const SAMPLES: readonly Sample[] = [...ACCEPTED, ...REFUSED];
