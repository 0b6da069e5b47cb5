// One bug for each of the six rules, as a colleague might write it on a Friday. None of them touches the product: each is
// a bend in what the controller is given. The simulation must find every one of them.

import { istioRouter } from "../../src/adapters/istio/router.ts";
import type { ControllerOptions } from "../../src/controller/start.ts";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { CANARIES, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster, Patch } from "../../src/ports/cluster.ts";
import type { CounterReading } from "../../src/ports/metric-source.ts";
import type { Bend } from "./process.ts";
import { CANARY } from "./workloads.ts";

export interface PlantedBug {
  rule: 1 | 2 | 3 | 4 | 5 | 6;
  name: string;
  bend: () => Bend;
}

export const PLANTED_BUGS: PlantedBug[] = [
  { rule: 1, name: "takes every write for confirmed at once", bend: () => bend(believesEverything) },
  { rule: 1, name: "takes every pod for ready", bend: () => bend(seesEveryPodReady) },
  { rule: 2, name: "lets an abort wait behind a gate", bend: () => bend(waitsBeforeEachWrite) },
  { rule: 3, name: "writes back the whole route as it was first seen", bend: () => bend(writesWholeRoute()) },
  { rule: 4, name: "takes any split for its own", bend: () => bend(sawOnlyItself()) },
  { rule: 5, name: "gives the canary more and forgets stable's weight", bend: () => bend(forgetsOtherWeight) },
  { rule: 5, name: "forgets after a restart what was taken back", bend: () => bend(forgetsStatus) },
  { rule: 6, name: "counts a blind look as failed requests", bend: () => bend(countsBlindness()) },
];

function bend(change: (options: ControllerOptions, clock: Clock) => Partial<ControllerOptions>): Bend {
  return { options: (options, { clock }) => ({ ...options, ...change(options, clock) }) };
}

function believesEverything({ dataPlane }: ControllerOptions): Partial<ControllerOptions> {
  return {
    dataPlane: {
      inFlight: (...args) => dataPlane.inFlight(...args),
      acknowledged: async () => ({ acknowledged: true }),
    },
  };
}

function seesEveryPodReady({ cluster }: ControllerOptions): Partial<ControllerOptions> {
  const pretend = <T extends KubeObject>(object: T): T => {
    if (object.kind !== "EndpointSlice") return object;
    const endpoints = (object as unknown as { endpoints: object[] }).endpoints;
    const ready = { ready: true, serving: true, terminating: false };
    return { ...object, endpoints: endpoints.map((endpoint) => ({ ...endpoint, conditions: ready })) };
  };
  return { cluster: seen(cluster, pretend) };
}

function waitsBeforeEachWrite({ router }: ControllerOptions, clock: Clock): Partial<ControllerOptions> {
  const wait = () => new Promise<void>((resolve) => void clock.after(2_000, resolve));
  return {
    router: {
      resolve: (query) => router.resolve(query),
      read: (target) => router.read(target),
      preview: (...args) => router.preview(...args),
      write: async (...args) => {
        await wait();
        return router.write(...args);
      },
    },
  };
}

/** Remembers the route of each world as it saw it first, and replaces the whole list with it. */
function writesWholeRoute() {
  const first = new Map<string, unknown>();
  return ({ router, cluster }: ControllerOptions): Partial<ControllerOptions> => ({
    router: {
      resolve: (query) => router.resolve(query),
      preview: (...args) => router.preview(...args),
      read: async (target) => {
        const key = { namespace: target.namespace, name: "echo" };
        if (!first.has(target.namespace))
          first.set(target.namespace, (await cluster.get(VIRTUAL_SERVICES, key))["spec"]);
        return router.read(target);
      },
      write: async (target, reading, canaryWeight) => {
        const key = { namespace: target.namespace, name: "echo" };
        const spec = structuredClone(first.get(target.namespace)) as { http: { route: { weight?: number }[] }[] };
        const [stable, canary] = spec.http[1]!.route;
        stable!.weight = target.total - canaryWeight;
        canary!.weight = canaryWeight;
        await cluster.patch(VIRTUAL_SERVICES, key, { type: "merge", body: { spec } }, { fieldManager: "serin" });
        return { ...reading, canaryWeight };
      },
    },
  });
}

/** Whatever the routes say, it reads back what it wrote last. */
function sawOnlyItself() {
  const written = new Map<string, number>();
  return ({ router }: ControllerOptions): Partial<ControllerOptions> => ({
    router: {
      resolve: (query) => router.resolve(query),
      preview: (...args) => router.preview(...args),
      read: async (target) => {
        const reading = await router.read(target);
        const canaryWeight = written.get(target.namespace) ?? reading.canaryWeight;
        return { ...reading, canaryWeight, stableWeight: reading.total - (canaryWeight ?? 0) };
      },
      write: async (target, _, canaryWeight) => {
        const result = await router.write(target, await router.read(target), canaryWeight);
        written.set(target.namespace, canaryWeight);
        return result;
      },
    },
  });
}

function forgetsOtherWeight({ cluster }: ControllerOptions): Partial<ControllerOptions> {
  const halves = changed(cluster, (resource, patch) =>
    resource === VIRTUAL_SERVICES.plural && patch.type === "json"
      ? {
          ...patch,
          operations: patch.operations.filter(({ op, path }) => op !== "replace" || !path.includes("route/0")),
        }
      : patch,
  );
  return { router: istioRouter({ cluster: halves }) };
}

/** Each new life begins without the status that the one before stored. */
function forgetsStatus({ cluster }: ControllerOptions): Partial<ControllerOptions> {
  const forget = <T extends KubeObject>(object: T): T => {
    const { status: _, ...rest } = object;
    return object.kind === CANARIES.kind ? (rest as T) : object;
  };
  return {
    cluster: {
      ...bound(cluster),
      list: async (resource, options) => {
        const list = await cluster.list(resource, options);
        return { ...list, items: list.items.map(forget) } as never;
      },
    },
  };
}

function countsBlindness() {
  let last: CounterReading | undefined;
  return ({ metrics, clock }: ControllerOptions): Partial<ControllerOptions> => ({
    metrics: {
      read: async (query) => {
        try {
          last = await metrics.read(query);
        } catch {
          if (last === undefined) throw new Error("blind from the start");
          last = structuredClone({ ...last, atMs: clock.now() });
          for (const counters of Object.values(last.workloads)) counters.requests += 20;
          const canary = last.workloads[CANARY];
          if (canary !== undefined) canary.errors += 20;
        }
        return last;
      },
    },
  });
}

/** The cluster with every object bent on its way to the controller. */
function seen(cluster: Cluster, look: <T extends KubeObject>(object: T) => T): Cluster {
  return {
    ...bound(cluster),
    get: async (resource, key) => look(await cluster.get(resource, key)),
    list: async (resource, options) => {
      const list = await cluster.list(resource, options);
      return { ...list, items: list.items.map(look) } as never;
    },
    async *watch(resource, options) {
      for await (const event of cluster.watch(resource, options))
        yield (event.type === "BOOKMARK" ? event : { ...event, object: look(event.object) }) as never;
    },
  };
}

function changed(cluster: Cluster, change: (plural: string, patch: Patch) => Patch): Cluster {
  return {
    ...bound(cluster),
    patch: (resource, key, patch, options) => cluster.patch(resource, key, change(resource.plural, patch), options),
  };
}

function bound(cluster: Cluster): Cluster {
  return {
    get: (...args) => cluster.get(...args),
    list: (...args) => cluster.list(...args),
    watch: (...args) => cluster.watch(...args),
    create: (...args) => cluster.create(...args),
    update: (...args) => cluster.update(...args),
    patch: (...args) => cluster.patch(...args),
    apply: (...args) => cluster.apply(...args),
    delete: (...args) => cluster.delete(...args),
  };
}
