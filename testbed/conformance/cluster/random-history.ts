// Random histories of one object, run on two clusters side by side: creates, applies by several managers, updates and patches. After each
// step both must answer alike, managedFields included. Seeded, so that a difference replays.

import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { apiVersionOf, DEPLOYMENTS, type Resource } from "../../../src/core/kubernetes/resource.ts";
import { type Cluster, ClusterError } from "../../../src/ports/cluster.ts";
import { TRIES } from "./definition-cases.ts";

export interface HistoryOutcome {
  steps: number;
  /** The first difference, with the steps that led to it. */
  difference?: { steps: Step[]; left: unknown; right: unknown };
}

interface Step {
  verb: "create" | "apply" | "force" | "merge" | "strategic" | "label" | "update" | "status";
  manager: string;
  body: Record<string, unknown>;
}

const STEPS_EACH = 8;

/** Runs one history of an object named after the seed. */
export async function compareHistory(left: Cluster, right: Cluster, seed: number): Promise<HistoryOutcome> {
  const random = new Random(seed);
  const resource = random.maybe(0.5) ? TRIES : DEPLOYMENTS;
  const key = { namespace: "default", name: `random-${seed}` };
  const steps: Step[] = [];
  for (let count = 0; count <= STEPS_EACH; count++) {
    const step = count === 0 ? firstStep(random, resource, key) : nextStep(random, resource, key);
    steps.push(step);
    const [one, other] = await Promise.all([left, right].map((cluster) => outcomeOf(cluster, resource, key, step)));
    // A real server makes a null of a custom map whose last key nobody owns, and then refuses it; the worlds part there.
    if (JSON.stringify([one, other]).includes('\\"null\\"')) return { steps: count };
    if (JSON.stringify(one) !== JSON.stringify(other))
      return { steps: count, difference: { steps, left: one, right: other } };
  }
  return { steps: steps.length };
}

async function outcomeOf(cluster: Cluster, resource: Resource, key: Key, step: Step): Promise<unknown> {
  try {
    return comparable(await run(cluster, resource, key, step));
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const isWorded = error.reason === "Conflict" || error.message.includes('"null"');
    return { refused: error.reason, ...(isWorded && { message: error.message }) };
  }
}

interface Key {
  namespace: string;
  name: string;
}

async function run(cluster: Cluster, resource: Resource, key: Key, step: Step): Promise<KubeObject> {
  const { verb, manager: fieldManager, body } = step;
  const options = { fieldManager };
  switch (verb) {
    case "create":
      return cluster.create(resource, body as unknown as KubeObject, options);
    case "apply":
    case "force":
      return cluster.apply(resource, body, { ...options, force: verb === "force" });
    case "merge":
    case "label":
      return cluster.patch(resource, key, { type: "merge", body }, options);
    case "strategic":
      return cluster.patch(resource, key, { type: "strategic", body }, options);
    case "status":
      return cluster.patch(resource, key, { type: "merge", body }, { ...options, subresource: "status" });
    case "update": {
      const { annotations: _, ...metadata } = (await cluster.get(resource, key)).metadata;
      return cluster.update(resource, { ...(await cluster.get(resource, key)), ...body, metadata }, options);
    }
  }
}

const SERVERS_OWN = new Set(["uid", "resourceVersion", "creationTimestamp", "time", "generation"]);

/** Without what differs by nature, and in one order of fields. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([field]) => !SERVERS_OWN.has(field));
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([field, each]) => [
      field,
      field === "managedFields" ? inOneOrder(each as unknown[]) : comparable(each),
    ]),
  );
}

/** Entries are sorted by times, which are left out here. */
function inOneOrder(entries: unknown[]): unknown[] {
  return entries.map((entry) => JSON.stringify(comparable(entry))).sort();
}

function firstStep(random: Random, resource: Resource, key: Key): Step {
  const spec =
    resource === TRIES
      ? { size: 1, ...trySpec(random) }
      : {
          selector: { matchLabels: { app: "a" } },
          template: {
            metadata: { labels: { app: "a" } },
            spec: {
              containers: [
                { name: "a", image: "i:1" },
                { name: "b", image: "i:1", env: [{ name: "X", value: "1" }] },
              ],
            },
          },
        };
  return { verb: "create", manager: "creator", body: object(random, resource, key, spec) };
}

function nextStep(random: Random, resource: Resource, key: Key): Step {
  const manager = random.pick(["one", "two", "three"]);
  const isTry = resource === TRIES;
  const spec = isTry ? trySpec(random) : deploymentSpec(random);
  const body = object(random, resource, key, spec);
  const verb = random.pick(["apply", "apply", "force", "force", "patch", "label", "update", "status"] as const);
  if (verb === "patch") return { verb: isTry ? "merge" : "strategic", manager, body };
  if (verb === "label") return { verb, manager, body: { metadata: { labels: { z: random.pick(["1", "2", null]) } } } };
  if (verb === "status")
    return { verb, manager, body: { status: { [isTry ? "replicas" : "observedGeneration"]: random.below(3) + 1 } } };
  if (verb === "update") return { verb, manager, body: isTry ? { spec: { size: 1, ...spec } } : {} };
  return { verb, manager, body };
}

function object(random: Random, resource: Resource, key: Key, spec: Record<string, unknown>): Record<string, unknown> {
  const some = (names: string[]) => random.record(names, () => random.pick(["1", "2"]));
  const labels = random.maybe(0.3) && { labels: some(["l", "m"]) };
  const annotations = random.maybe(0.2) && { annotations: some(["n", "o"]) };
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { ...key, ...labels, ...annotations },
    spec,
  };
}

function trySpec(random: Random): Record<string, unknown> {
  const keys = ["a", "b", "c"];
  return {
    ...(random.maybe(0.5) && { max: 2000 + random.below(3) }),
    ...(random.maybe(0.5) && { map: random.record(keys, () => random.below(3)) }),
    ...(random.maybe(0.5) && { set: random.some(keys) }),
    ...(random.maybe(0.5) && {
      list: random.some(keys).map((k) => ({ k, ...(random.maybe(0.5) && { v: random.below(3) }) })),
    }),
    ...(random.maybe(0.3) && { atoms: [{ a: random.below(2) }] }),
    ...(random.maybe(0.3) && { any: { x: random.pick<unknown>([1, "a", { y: 1 }, [1]]) } }),
  };
}

function deploymentSpec(random: Random): Record<string, unknown> {
  const containers = () => random.some(["a", "b", "c"]).map((name) => container(random, name));
  const pod = {
    ...(random.maybe(0.8) && { containers: containers() }),
    ...(random.maybe(0.2) && { terminationGracePeriodSeconds: random.pick([5, 6]) }),
    ...(random.maybe(0.2) && { volumes: random.some(["v", "w"]).map((name) => ({ name, emptyDir: {} })) }),
  };
  return {
    ...(random.maybe(0.3) && { replicas: random.below(4) }),
    ...(random.maybe(0.2) && { paused: true }),
    ...(random.maybe(0.2) && {
      strategy: random.pick<unknown>([{ type: "Recreate" }, { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } }]),
    }),
    ...(random.maybe(0.8) && { template: { spec: pod } }),
  };
}

function container(random: Random, name: string): Record<string, unknown> {
  return {
    name,
    ...(random.maybe(0.5) && { image: random.pick(["i:1", "i:2"]) }),
    ...(random.maybe(0.5) && {
      env: random.some(["X", "Y", "Z"]).map((each) => ({ name: each, value: random.pick(["1", "2"]) })),
    }),
    ...(random.maybe(0.4) && {
      ports: random
        .some([80, 81])
        .map((containerPort) => ({ containerPort, ...(random.maybe(0.5) && { protocol: "TCP" }) })),
    }),
    ...(random.maybe(0.3) && { args: [random.pick(["x", "y"])] }),
    ...(random.maybe(0.3) && { readinessProbe: { httpGet: { port: 80, ...(random.maybe(0.5) && { path: "/x" }) } } }),
    ...(random.maybe(0.2) && { resources: { limits: { cpu: random.pick(["1", "2"]) } } }),
  };
}

/** Lehmer's generator: small, seeded, good enough to choose with. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = ((seed * 7_919) % 2_147_483_646) + 1;
  }

  next(): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state / 2_147_483_647;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  maybe(chance: number): boolean {
    return this.next() < chance;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** Some of the items, in any order. */
  some<T>(items: readonly T[]): T[] {
    return items
      .filter(() => this.maybe(0.5))
      .map((item) => ({ item, rank: this.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  }

  record<T>(names: readonly string[], make: () => T): Record<string, T> {
    return Object.fromEntries(names.filter(() => this.maybe(0.5)).map((name) => [name, make()]));
  }
}
