// Deployments with real processes: how fast they come, how they roll, what never happens on the way.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEPLOYMENTS, PODS, REPLICA_SETS } from "../../src/core/kubernetes/resource.ts";
import type { Pod, ReplicaSet } from "../../src/core/kubernetes/workload.ts";
import {
  app,
  deployment,
  echoCanary,
  eventsOf,
  getText,
  isReady,
  openWorld,
  service,
  until,
  untilReady,
  type World,
} from "./runtime-world.ts";

let world: World;
beforeEach(async () => void (world = await openWorld()));
afterEach(async () => await world.close());

const patch = (name: string, body: Record<string, unknown>) =>
  world.cluster.patch(DEPLOYMENTS, { namespace: "default", name }, { type: "merge", body });

const restart = (name: string) =>
  patch(name, {
    spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": String(Date.now()) } } } },
  });

const rolledOut = (name: string, timeoutMs?: number) =>
  until(
    `${name} to be rolled out`,
    async () => {
      const { metadata, spec, status = {} } = await deployment(world, name);
      return (
        status.observedGeneration === metadata.generation &&
        status.updatedReplicas === spec.replicas &&
        status.replicas === spec.replicas &&
        status.availableReplicas === spec.replicas
      );
    },
    timeoutMs,
  );

describe("the story's file", () => {
  it("becomes four ready pods that answer with their version", async () => {
    const startedMs = performance.now();
    await world.apply(echoCanary());
    const pods = await untilReady(world, "echo", 4);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeLessThan(5_000);
    const addresses = await until("four endpoints", async () => {
      const found = await world.readyAddresses();
      return found.length === 4 && found;
    });
    expect(new Set(addresses)).toEqual(new Set(pods.map(({ status }) => status?.podIP)));
    for (const pod of pods) {
      const answer = await getText(`http://${pod.status?.podIP}:8080/`);
      expect(answer).toEqual({ status: 200, body: `hello from echo ${pod.metadata.labels?.version}\n` });
    }
    const { status } = await deployment(world, "echo-v1");
    expect(status?.conditions?.map(({ type, status: value }) => [type, value]).sort()).toEqual([
      ["Available", "True"],
      ["Progressing", "True"],
    ]);
    expect(await eventsOf(world, "echo-v1")).toContain("ScalingReplicaSet");
    expect(await eventsOf(world, pods[0]!.metadata.name)).toEqual(
      expect.arrayContaining(["Scheduled", "Pulled", "Created", "Started"]),
    );
  });
});

describe("a rolling update", () => {
  it("never goes below replicas - maxUnavailable nor above replicas + maxSurge, and no request fails", async () => {
    const rolling = ["strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}"];
    await world.apply(`${app("shop", { replicas: 3, spec: rolling })}---\n${service("shop")}`);
    await untilReady(world, "shop", 3);
    const seen = { fewest: 3, most: 3, failures: [] as unknown[], answers: 0, done: false };
    const watching = (async () => {
      while (!seen.done) {
        const addresses = await world.readyAddresses();
        const pods = await world.pods("shop");
        seen.fewest = Math.min(seen.fewest, addresses.length);
        const active = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
        seen.most = Math.max(seen.most, active.length);
        const address = addresses[seen.answers % addresses.length];
        await getText(`http://${address}:8080/`).then(
          () => (seen.answers += 1),
          (error: unknown) => seen.failures.push(error),
        );
      }
    })();
    const before = new Set((await world.pods("shop")).map(({ metadata }) => metadata.name));
    // One takes half a second, which on a busy machine few answers see.
    let updates = 0;
    while (updates === 0 || (seen.answers <= 20 && updates < 10)) {
      updates += 1;
      await restart("shop");
      await rolledOut("shop", 20_000);
    }
    seen.done = true;
    await watching;
    expect(seen.failures).toEqual([]);
    expect(seen.answers).toBeGreaterThan(20);
    expect(seen.fewest).toBeGreaterThanOrEqual(2);
    expect(seen.most).toBeLessThanOrEqual(4);
    const after = await untilReady(world, "shop", 3);
    expect(after.some(({ metadata }) => before.has(metadata.name))).toBe(false);
    const { annotations } = (await deployment(world, "shop")).metadata;
    expect(annotations?.["deployment.kubernetes.io/revision"]).toBe(`${updates + 1}`);
  });

  it("stops at a version that does not become ready, and says so after progressDeadlineSeconds", async () => {
    await world.apply(app("shop", { replicas: 2, spec: ["progressDeadlineSeconds: 1"] }));
    await untilReady(world, "shop", 2);
    const bad = { name: "main", readinessProbe: { httpGet: { path: "/health", port: 9 }, periodSeconds: 1 } };
    await world.cluster.patch(
      DEPLOYMENTS,
      { namespace: "default", name: "shop" },
      { type: "strategic", body: { spec: { template: { spec: { containers: [bad] } } } } },
    );
    const condition = await until("the deadline", async () => {
      const { status } = await deployment(world, "shop");
      return status?.conditions?.find(({ reason }) => reason === "ProgressDeadlineExceeded");
    });
    expect(condition.status).toBe("False");
    expect((await world.pods("shop")).filter(isReady)).toHaveLength(2);
  });

  it("waits while paused and goes on when resumed", async () => {
    await world.apply(app("shop"));
    const [first] = await untilReady(world, "shop", 1);
    await patch("shop", { spec: { paused: true } });
    await restart("shop");
    await until("the pause to be seen", async () => {
      const { metadata, status } = await deployment(world, "shop");
      return (
        status?.observedGeneration === metadata.generation &&
        status?.conditions?.some(({ reason }) => reason === "DeploymentPaused")
      );
    });
    expect((await world.pods("shop")).map(({ metadata }) => metadata.name)).toEqual([first!.metadata.name]);
    await patch("shop", { spec: { paused: false } });
    await rolledOut("shop");
    await until("the old pod to go", async () => (await world.pods("shop")).length === 1);
    expect((await world.pods("shop"))[0]?.metadata.name).not.toBe(first!.metadata.name);
  });

  it("recreates without two versions side by side", async () => {
    await world.apply(app("shop", { replicas: 2, spec: ["strategy: {type: Recreate}"] }));
    await untilReady(world, "shop", 2);
    const hashes = new Set<number>();
    await restart("shop");
    await until("the new pods", async () => {
      const pods = await world.pods("shop");
      hashes.add(new Set(pods.map(({ metadata }) => metadata.labels?.["pod-template-hash"])).size);
      const { status } = await deployment(world, "shop");
      return status?.updatedReplicas === 2 && status.availableReplicas === 2;
    });
    expect(Math.max(...hashes)).toBe(1);
  });
});

describe("scale, adoption and deletion", () => {
  it("scales up and down to zero", async () => {
    await world.apply(app("shop", { replicas: 1 }));
    await untilReady(world, "shop", 1);
    await patch("shop", { spec: { replicas: 3 } });
    await untilReady(world, "shop", 3);
    await patch("shop", { spec: { replicas: 0 } });
    await until("no pods", async () => (await world.pods("shop")).length === 0);
    expect((await deployment(world, "shop")).status).toMatchObject({ replicas: 0, availableReplicas: 0 });
  });

  it("replaces a pod whose label is taken away, and leaves that one alone", async () => {
    await world.apply(app("shop"));
    const [pod] = await untilReady(world, "shop", 1);
    await world.cluster.patch(PODS, pod!.metadata, { type: "merge", body: { metadata: { labels: { app: "debug" } } } });
    await untilReady(world, "shop", 1);
    const released = await world.cluster.get<Pod>(PODS, pod!.metadata);
    expect(released.metadata.ownerReferences ?? []).toEqual([]);
    expect(isReady(released)).toBe(true);
    await world.cluster.patch(PODS, pod!.metadata, { type: "merge", body: { metadata: { labels: { app: "shop" } } } });
    await until("one pod again", async () => (await world.pods("shop")).length === 1);
  });

  it("ends all processes with the Deployment", async () => {
    await world.apply(app("shop", { replicas: 2 }));
    const pods = await untilReady(world, "shop", 2);
    await world.cluster.delete(DEPLOYMENTS, { namespace: "default", name: "shop" });
    await until("no pods", async () => (await world.pods("shop")).length === 0);
    expect((await world.cluster.list<ReplicaSet>(REPLICA_SETS)).items).toEqual([]);
    for (const pod of pods) await expect(getText(`http://${pod.status?.podIP}:8080/`)).rejects.toThrow("ECONNREFUSED");
  });
});
