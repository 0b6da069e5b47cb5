import { expect, test } from "vitest";
import { destinationRule, named, virtualService, worldOf } from "../../../testbed/gateway/objects.ts";
import type { LoadBalancer, TrafficPolicy } from "../objects.ts";
import { compileTable } from "./compile.ts";

interface Compiled {
  problems: string[];
  policy: object;
}

/** The policy that Service echo's port 80 gets, by subset v1. */
function compiled(trafficPolicy: TrafficPolicy | undefined, ofSubset?: TrafficPolicy): Compiled {
  const subsets = [{ name: "v1", labels: { version: "v1" }, ...(ofSubset && { trafficPolicy: ofSubset }) }];
  const spec = trafficPolicy === undefined ? { subsets } : { trafficPolicy, subsets };
  const route = [{ destination: { host: "echo", subset: "v1" } }];
  const { problems, table } = compileTable(
    worldOf({ virtualServices: [virtualService([named("x", { route })])], destinationRules: [destinationRule(spec)] }),
  );
  const { balance, warmUp, outlier, limits, retryCeiling } = [...table.clusters.values()][0]!;
  return {
    problems: problems.map(({ field }) => field),
    policy: { balance, warmUp, errors: outlier?.consecutiveErrors, most: limits?.maxConnections, retryCeiling },
  };
}

const NOTHING = {
  balance: "least_request",
  warmUp: undefined,
  errors: undefined,
  most: undefined,
  retryCeiling: undefined,
};
const slow = { windowMs: 60_000, minimumShare: 0.1, aggression: 1 };

test.each<[string, LoadBalancer, string[], object]>([
  ["a duration alone", { warmup: { duration: "60s" } }, [], { warmUp: slow }],
  [
    "the older field",
    { simple: "ROUND_ROBIN", warmupDurationSecs: "60s" },
    [],
    { balance: "round_robin", warmUp: slow },
  ],
  [
    "all three",
    { warmup: { duration: "1m", minimumPercent: 50, aggression: 2 } },
    [],
    { warmUp: { windowMs: 60_000, minimumShare: 0.5, aggression: 2 } },
  ],
  ["both: the newer one", { warmup: { duration: "60s" }, warmupDurationSecs: "5s" }, [], { warmUp: slow }],
  ["no duration", { warmup: { minimumPercent: 5 } }, ["warmup.duration"], {}],
  ["more than everything", { warmup: { duration: "60s", minimumPercent: 101 } }, ["warmup.minimumPercent"], {}],
  ["no aggression", { warmup: { duration: "60s", aggression: 0 } }, ["warmup.aggression"], { warmUp: undefined }],
  ["nonsense", { warmupDurationSecs: "soon" }, ["warmupDurationSecs"], { warmUp: undefined }],
  [
    "with chance",
    { simple: "RANDOM", warmup: { duration: "60s" } },
    ["warmup"],
    { balance: "random", warmUp: undefined },
  ],
  [
    "with a hash",
    { consistentHash: { useSourceIp: true }, warmup: { duration: "60s" } },
    ["warmup"],
    { warmUp: undefined },
  ],
])("warm-up: %s", (_, loadBalancer, fields, expected) => {
  const { problems, policy } = compiled({ loadBalancer });
  expect(problems).toEqual(fields.map((each) => `spec.trafficPolicy.loadBalancer.${each}`));
  expect(policy).toMatchObject(expected);
});

const pool = (maxConnections: number): TrafficPolicy => ({ connectionPool: { tcp: { maxConnections } } });
const outlier = (consecutive5xxErrors: number): TrafficPolicy => ({ outlierDetection: { consecutive5xxErrors } });
const onPort = (number: number, policy: TrafficPolicy): TrafficPolicy => ({
  portLevelSettings: [{ port: { number }, ...policy }],
});

// As istiod's util.MergeSubsetTrafficPolicy.
test.each<[string, TrafficPolicy | undefined, TrafficPolicy | undefined, object]>([
  ["nothing", undefined, undefined, {}],
  ["the rule's", pool(1), undefined, { most: 1 }],
  ["the subset's", undefined, pool(2), { most: 2 }],
  ["the subset's before the rule's", pool(1), pool(2), { most: 2 }],
  ["field by field", { ...pool(1), ...outlier(7) }, pool(2), { most: 2, errors: 7 }],
  ["the port's", { ...pool(1), ...onPort(80, pool(3)) }, undefined, { most: 3 }],
  ["another port's", { ...pool(1), ...onPort(81, pool(3)) }, undefined, { most: 1 }],
  ["the port's inherit nothing", { ...pool(1), ...outlier(7), ...onPort(80, pool(3)) }, undefined, { most: 3 }],
  ["the subset's before the port's", onPort(80, { ...pool(3), ...outlier(7) }), pool(2), { most: 2, errors: 7 }],
  ["the subset's port replaces all", { ...pool(1), ...outlier(7) }, onPort(80, pool(4)), { most: 4 }],
  [
    "a subset's other port",
    { ...pool(1), ...outlier(7) },
    { ...pool(2), ...onPort(81, pool(4)) },
    { most: 2, errors: 7 },
  ],
  [
    "a budget before a number",
    { connectionPool: { http: { maxRetries: 9 } }, retryBudget: { percent: 50 } },
    undefined,
    { retryCeiling: { by: "budget", percent: 50, minConcurrency: 3 } },
  ],
  [
    "a budget's defaults",
    { retryBudget: {} },
    undefined,
    { retryCeiling: { by: "budget", percent: 20, minConcurrency: 3 } },
  ],
])("of two policies: %s", (_, rule, subset, expected) => {
  expect(compiled(rule, subset)).toEqual({ problems: [], policy: { ...NOTHING, ...expected } });
});

test("what is wrong in a port's settings is said with its place", () => {
  const settings = [
    { port: { number: 80 }, loadBalancer: { warmup: {} }, connectionPool: {} },
    { outlierDetection: { interval: "x" } },
  ];
  expect(compiled({ portLevelSettings: settings }).problems).toEqual([
    "spec.trafficPolicy.portLevelSettings[0].loadBalancer.warmup.duration",
    "spec.trafficPolicy.portLevelSettings[0].connectionPool",
    "spec.trafficPolicy.portLevelSettings[1].port",
    "spec.trafficPolicy.portLevelSettings[1].outlierDetection.interval",
  ]);
});
