// The whole controller on the sandbox's store under a virtual clock: a Canary moves, is taken back, survives restarts.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { STEPS } from "../../testbed/rollout/echo-canary.ts";
import { split, virtualService } from "../../testbed/rollout/echo-route.ts";
import { action, canary, createEcho, NAMESPACE, put, setReady } from "../../testbed/rollout/echo-world.ts";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import { istioRouter } from "../adapters/istio/router.ts";
import {
  CANARIES,
  CANARY_ACTIONS,
  DEPLOYMENTS,
  EVENTS,
  NAMESPACES,
  VIRTUAL_SERVICES,
} from "../core/kubernetes/resource.ts";
import type { CanaryAction } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";
import { serinCrds } from "../core/spec/crd.generated.ts";
import { type Cluster, ClusterError } from "../ports/cluster.ts";
import { MetricSourceError } from "../ports/metric-source.ts";
import { openSandboxCluster, type SandboxCluster } from "../sandbox/cluster/open.ts";
import { startController } from "./start.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const KEY = { namespace: NAMESPACE, name: "echo" };

let clock: VirtualClock;
let sandbox: SandboxCluster;
let cluster: Cluster;
let controller: { stop(): Promise<void> } | undefined;
/** Share of failed requests of each version; counts as of now. */
let failing: Record<string, number>;
let counts: Record<string, { requests: number; errors: number; epoch: string }>;
let metricsDown: boolean;
/** Calls to the outside that never answer. */
let hanging: Set<"metrics" | "status" | "events" | "proxies" | "answers">;
/** So many writes of the route are refused with a conflict. */
let conflicts: number;
let writes: number[];

beforeEach(async () => {
  clock = new VirtualClock();
  let seed = 1;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log: SILENT, random, crds: serinCrds() });
  cluster = sandbox.as({ name: "alice", groups: ["system:masters"] });
  failing = { "echo-v1": 0, "echo-v2": 0 };
  counts = {};
  for (const name of ["echo-v1", "echo-v2"]) counts[name] = { requests: 0, errors: 0, epoch: "1" };
  metricsDown = false;
  hanging = new Set();
  conflicts = 0;
  writes = [];
});

afterEach(async () => {
  const stopping = controller?.stop();
  await clock.advance(15_000); // what hangs is given up
  await stopping;
  controller = undefined;
  await sandbox.close();
});

async function start(): Promise<void> {
  const own = slowed(sandbox.as({ name: "serin", groups: ["system:masters"] }));
  const router = istioRouter({ cluster: own });
  const starting = startController({
    cluster: own,
    router: {
      ...router,
      write: async (target, reading, weight) => {
        if (conflicts-- > 0) throw new ClusterError("Conflict", "somebody was faster");
        writes.push(weight);
        return router.write(target, reading, weight);
      },
    },
    metrics: {
      async read() {
        if (metricsDown) throw new MetricSourceError("down");
        if (hanging.has("metrics")) return new Promise(() => {});
        return { atMs: clock.now(), workloads: structuredClone(counts) };
      },
    },
    dataPlane: {
      acknowledged: () => (hanging.has("proxies") ? new Promise(() => {}) : Promise.resolve({ acknowledged: true })),
      inFlight: async () => 0,
    },
    clock,
    log: SILENT,
    random: () => 0.5,
    identity: "test",
  });
  await clock.advance(0);
  controller = await starting;
  await clock.advance(0);
}

/** The same cluster, where writes of status or of Events may never answer. */
function slowed(real: Cluster): Cluster {
  const never = () => new Promise<never>(() => {});
  return Object.assign(Object.create(real) as Cluster, {
    get: real.get.bind(real),
    list: real.list.bind(real),
    watch: real.watch.bind(real),
    patch: (...args: Parameters<Cluster["patch"]>) =>
      hanging.has("answers") && args[0] === CANARY_ACTIONS ? never() : real.patch(...args),
    update: (...args: Parameters<Cluster["update"]>) => (hanging.has("status") ? never() : real.update(...args)),
    create: (...args: Parameters<Cluster["create"]>) => (hanging.has("events") ? never() : real.create(...args)),
    apply: real.apply.bind(real),
    delete: real.delete.bind(real),
  });
}

/** So many seconds with 100 requests each, split as the route says. */
async function serve(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await clock.advance(500);
    const weight = await canaryWeight();
    count("echo-v1", 100 - weight);
    count("echo-v2", weight);
    await clock.advance(500);
  }
}

function count(name: string, requests: number): void {
  counts[name]!.requests += requests;
  counts[name]!.errors += Math.round(requests * failing[name]!);
}

async function canaryWeight(): Promise<number> {
  const { spec } = (await cluster.get(VIRTUAL_SERVICES, KEY)) as unknown as {
    spec: { http: { route: { weight?: number; destination: { subset: string } }[] }[] };
  };
  return spec.http[0]!.route.find(({ destination }) => destination.subset === "v2")?.weight ?? 0;
}

const read = () => cluster.get<Canary>(CANARIES, KEY);
const status = async () => (await read()).status;
const phase = async () => (await status())?.phase;
const ask = async (verb: string, spec = {}) =>
  cluster.create(CANARY_ACTIONS, action(verb, { rollout: (await status())?.rollout?.id, ...spec }));
const answers = async () => (await cluster.list<CanaryAction>(CANARY_ACTIONS)).items.map((each) => each.status?.state);

describe("a rollout", () => {
  it("moves by its steps and completes, with status, Events and finalizer", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(2);
    expect(await status()).toMatchObject({
      phase: "Progressing",
      weight: { wanted: 20, written: 20, acknowledged: 20 },
    });
    expect((await read()).metadata.finalizers).toEqual(["serin.dev/rollout"]);
    await serve(31);
    expect([await phase(), await canaryWeight()]).toEqual(["Paused", 50]);
    await ask("promote");
    await clock.advance(100);
    expect([await phase(), await canaryWeight(), await answers()]).toEqual(["Completed", 100, ["Done"]]);
    expect((await read()).metadata.finalizers ?? []).toEqual([]);
    expect(writes).toEqual([20, 50, 100]);
    const events = (await cluster.list(EVENTS)).items.map(({ reason }) => reason);
    expect(events).toEqual(expect.arrayContaining(["Started", "WeightMoved", "Promoted", "Completed"]));
  });

  it("takes a worse canary back by itself and leaves it there", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(5);
    failing["echo-v2"] = 0.3;
    await serve(4);
    expect([await phase(), await canaryWeight()]).toEqual(["Aborted", 0]);
    expect((await status())?.rollout?.endReason).toBe("ErrorsWorse");
    await serve(60);
    expect([await phase(), writes]).toEqual(["Aborted", [20, 0]]);
  });

  it("goes on with the next release", async () => {
    await createEcho(cluster, 100);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await clock.advance(100);
    expect([await phase(), writes]).toEqual(["Completed", []]);
  });
});

describe("abort", () => {
  beforeEach(async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(3);
  });

  it("reaches the route without any time passing, and is answered", async () => {
    await ask("abort");
    await clock.advance(0);
    expect(await canaryWeight()).toBe(0);
    await clock.advance(10);
    expect([await phase(), await answers()]).toEqual(["Aborted", ["Done"]]);
  });

  it.each(["metrics", "status", "events", "proxies"] as const)(
    "is not held up by %s that never answer",
    async (what) => {
      hanging.add(what);
      await serve(8);
      await ask("abort");
      await clock.advance(0);
      expect(await canaryWeight()).toBe(0);
      hanging.clear();
      await clock.advance(20_000);
      expect([await phase(), await answers()]).toEqual(["Aborted", ["Done"]]);
    },
  );

  it("loses a race for the route once, and wins the next without waiting", async () => {
    conflicts = 1;
    await ask("abort");
    await clock.advance(0);
    expect(await canaryWeight()).toBe(0);
  });

  it("cools down when it loses again and again, and still wins in the end", async () => {
    conflicts = 5;
    await ask("abort");
    await clock.advance(0);
    expect(await canaryWeight()).toBe(20);
    await clock.advance(10_000);
    expect(await canaryWeight()).toBe(0);
  });

  it("goes through while metrics are down", async () => {
    metricsDown = true;
    await clock.advance(8_000);
    expect((await status())?.evidence?.state).toBe("blind");
    await ask("abort");
    await clock.advance(0);
    expect(await canaryWeight()).toBe(0);
  });

  it("by kubectl apply of the old weights is kept and recorded", async () => {
    await put(cluster, VIRTUAL_SERVICES, virtualService([split(100, 0)]));
    await clock.advance(10);
    expect([await phase(), (await status())?.rollout?.endReason, writes]).toEqual(["Aborted", "ManualOverride", [20]]);
  });

  it("waits for the first ready endpoint of stable, and says so", async () => {
    await setReady(cluster, "v1", 2, 0);
    await ask("abort");
    await clock.advance(1_000);
    expect([await phase(), await canaryWeight()]).toEqual(["Aborting", 20]);
    await setReady(cluster, "v1", 2, 1);
    await clock.advance(0);
    expect(await canaryWeight()).toBe(0);
  });
});

describe("a restart", () => {
  it("goes on where it was", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(20);
    await controller?.stop();
    await start();
    await serve(14);
    expect([await phase(), await canaryWeight(), writes]).toEqual(["Paused", 50, [20, 50]]);
  });

  it("carries out what was asked while nobody listened", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(3);
    await controller?.stop();
    await ask("abort");
    await start();
    await clock.advance(10);
    expect([await phase(), await canaryWeight(), await answers()]).toEqual(["Aborted", 0, ["Done"]]);
  });
});

describe("actions", () => {
  it("are never answered two ways, however slowly the first answer is written", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(3);
    hanging.add("answers");
    await ask("resume"); // refused: nobody holds the rollout
    await serve(1);
    await ask("pause"); // now somebody does
    await serve(3);
    expect(await phase()).toBe("Paused");
  });
});

describe("a Canary of the same name", () => {
  it("made anew knows nothing of the one before", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(3);
    await ask("abort");
    await serve(1);
    await cluster.delete(CANARIES, KEY);
    await cluster.create(CANARIES, canary(STEPS));
    await serve(2);
    expect([await phase(), await canaryWeight()]).toEqual(["Progressing", 20]);
  });
});

describe("leaving", () => {
  beforeEach(async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(3);
  });

  it("in the middle of a rollout takes the traffic back first", async () => {
    await cluster.delete(CANARIES, KEY);
    await clock.advance(100);
    expect(await canaryWeight()).toBe(0);
    await expect(read()).rejects.toThrow(/not found/i);
  });

  it("with its route is at once", async () => {
    await cluster.delete(VIRTUAL_SERVICES, KEY);
    await cluster.delete(CANARIES, KEY);
    await clock.advance(100);
    await expect(read()).rejects.toThrow(/not found/i);
  });

  it("with its namespace is at once", async () => {
    await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } });
    const other = {
      ...canary(STEPS),
      metadata: { name: "echo", namespace: "other", finalizers: ["serin.dev/rollout"] },
    };
    await cluster.create(CANARIES, other);
    await cluster.delete(NAMESPACES, { name: "other" });
    await clock.advance(5_000);
    await expect(cluster.get(CANARIES, { namespace: "other", name: "echo" })).rejects.toThrow(/not found/i);
  });
});

describe("status", () => {
  beforeEach(async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(3);
  });

  it("is written at most every ten seconds while only numbers run", async () => {
    const before = (await read()).metadata.resourceVersion;
    await serve(5);
    expect((await read()).metadata.resourceVersion).toBe(before);
    await serve(6);
    expect((await status())?.evidence?.canary.requests).toBeGreaterThan(150);
  });

  it("survives a change of the object by somebody else", async () => {
    await cluster.patch(CANARIES, KEY, { type: "merge", body: { metadata: { labels: { team: "a" } } } });
    await ask("pause");
    await serve(1);
    expect([await phase(), (await read()).metadata.labels]).toEqual(["Paused", { team: "a" }]);
  });

  it("is the controller's: what somebody else writes into it moves nothing, and is put right", async () => {
    const body = { status: { phase: "Completed", rollout: { heldBy: "bob", step: 4 }, weight: { wanted: 100 } } };
    await cluster.patch(CANARIES, KEY, { type: "merge", body }, { subresource: "status" });
    await serve(12);
    expect(await status()).toMatchObject({ phase: "Progressing", rollout: { step: 1 }, weight: { wanted: 20 } });
    expect([await canaryWeight(), (await status())?.rollout?.heldBy]).toEqual([20, undefined]);
  });
});

describe("what cannot work", () => {
  it("two Canaries on one route: the older wins, and the other gets the route when it goes", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(2);
    const second = { ...canary(STEPS), metadata: { name: "second", namespace: NAMESPACE } };
    await cluster.create(CANARIES, second);
    await clock.advance(100);
    const key = { namespace: NAMESPACE, name: "second" };
    expect((await cluster.get<Canary>(CANARIES, key)).status).toMatchObject({ phase: "Stalled" });
    await cluster.delete(CANARIES, KEY);
    await serve(2);
    expect((await cluster.get<Canary>(CANARIES, key)).status).toMatchObject({ phase: "Progressing" });
  });

  it("a missing Deployment stalls, and the rollout starts when it is there", async () => {
    await createEcho(cluster, 0);
    await cluster.delete(DEPLOYMENTS, { namespace: NAMESPACE, name: "echo-v2" });
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await clock.advance(100);
    expect((await status())?.message).toContain("There is no Deployment echo-v2");
    await setReady(cluster, "v2", 2, 2);
    await serve(1);
    expect(await canaryWeight()).toBe(20);
  });

  it("many Canaries at the start are looked at in turn, a running rollout before all of them", async () => {
    await createEcho(cluster, 0);
    await start();
    await cluster.create(CANARIES, canary(STEPS));
    await serve(2);
    await controller?.stop();
    const names = Array.from({ length: 40 }, (_, i) => `a-${i}`);
    const versions = { stable: "none-v1", canary: "none-v2" };
    for (const name of names)
      await cluster.create(CANARIES, { ...canary(STEPS, versions), metadata: { name, namespace: NAMESPACE } });
    const looked = async () =>
      (await cluster.list<Canary>(CANARIES)).items.filter(
        ({ metadata, status }) => metadata.name !== "echo" && status?.phase === "Stalled",
      ).length;
    failing["echo-v2"] = 1;
    await start();
    await clock.advance(100);
    expect(await looked()).toBe(8);
    await serve(2);
    expect([await phase(), await canaryWeight()]).toEqual(["Aborted", 0]);
    await serve(4);
    expect(await looked()).toBe(40);
  });

  it("an action for a Canary that does not exist is refused", async () => {
    await start();
    await cluster.create(CANARY_ACTIONS, action("abort"));
    await clock.advance(2_500);
    expect(await answers()).toEqual(["Refused"]);
  });
});
