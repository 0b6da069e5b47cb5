// What a router of Istio's VirtualServices must do, whatever API server is behind it. The sandbox's runs it in
// src/adapters/istio/router.test.ts; a real one passes it too.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { DEPLOYMENTS, DESTINATION_RULES, type Resource, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { TrafficTarget } from "../../src/core/traffic/split.ts";
import type { HttpRoute, VirtualService } from "../../src/core/traffic/virtual-service.ts";
import { type Cluster, ClusterError } from "../../src/ports/cluster.ts";
import type { TrafficRouter } from "../../src/ports/traffic-router.ts";
import { DESTINATION_RULE, split, to, virtualService } from "../rollout/echo-route.ts";

/** An API server with Istio's kinds, and an empty namespace `default` for each test. */
export interface RouterWorld {
  cluster: Cluster;
  router: TrafficRouter;
  /** Returns a second later: managed fields know no smaller time. */
  later(): Promise<void>;
  close(): Promise<void>;
}

/** Declares the tests. */
export function istioRouterConformance(open: () => Promise<RouterWorld>): void {
  beforeEach(async () => {
    world = await open();
    ({ cluster, router } = world);
    for (const version of ["v1", "v2"]) await create(DEPLOYMENTS, deployment(version));
    await create(DESTINATION_RULES, DESTINATION_RULE);
  });
  afterEach(() => world.close());
  describe("a reading", readings);
  describe("a write", writes);
  describe("a preview", previews);
  describe("several VirtualServices", several);
  describe("resolving", resolving);
}

let world: RouterWorld;
let cluster: Cluster;
let router: TrafficRouter;

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const KEY = { namespace: "default", name: "echo" };

const create = (resource: Resource, object: KubeObject) =>
  cluster.create(resource, object, { fieldManager: "kubectl-create" });

function deployment(version: string): KubeObject {
  const labels = { app: "echo", version };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: "default", name: `echo-${version}` },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "echo", image: "hashicorp/http-echo:1.0" }] } },
    },
  };
}

const SPLIT = split(80, 20);

async function targetOf(...services: VirtualService[]): Promise<TrafficTarget> {
  for (const service of services) await create(VIRTUAL_SERVICES, service);
  const virtualServices = services.map(({ metadata }) => ({ name: metadata.name }));
  const resolution = await router.resolve({
    namespace: "default",
    stable: "echo-v1",
    canary: "echo-v2",
    traffic: { istio: { virtualServices } },
  });
  if (!resolution.ok) throw new Error(resolution.message);
  return resolution.target;
}

const routesNow = async (name = "echo") =>
  (await cluster.get<VirtualService>(VIRTUAL_SERVICES, { ...KEY, name })).spec.http;
const reasonOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: unknown) => (error instanceof ClusterError ? error.reason : String(error)),
  );

function readings(): void {
  it("tells the split, its version and who wrote it", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    const stored = await cluster.get(VIRTUAL_SERVICES, KEY);
    expect(await router.read(target)).toEqual({
      canaryWeight: 20,
      stableWeight: 80,
      total: 100,
      objects: [
        {
          virtualService: "echo",
          resourceVersion: stored.metadata.resourceVersion,
          uid: stored.metadata.uid,
          lastWriter: { manager: "kubectl-create", operation: "Update", time: expect.stringMatching(RFC_3339) },
        },
      ],
    });
  });

  it("names the foreign hand that came after Serin's", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    await router.write(target, await router.read(target), 50);
    await world.later();
    const body = { spec: { http: [{ route: [to("v1", 100), to("v2", 0)] }] } };
    await cluster.patch(VIRTUAL_SERVICES, KEY, { type: "merge", body }, { fieldManager: "kubectl-client-side-apply" });
    expect((await router.read(target)).objects[0]!.lastWriter).toEqual({
      manager: "kubectl-client-side-apply",
      operation: "Update",
      time: expect.stringMatching(RFC_3339),
    });
  });

  it("is not confused by one who only labels the object", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    await world.later();
    await cluster.patch(
      VIRTUAL_SERVICES,
      KEY,
      { type: "merge", body: { metadata: { labels: { a: "b" } } } },
      { fieldManager: "labeller" },
    );
    expect((await router.read(target)).objects[0]!.lastWriter?.manager).toBe("kubectl-create");
  });

  it("says why there is no split", async () => {
    const target = await targetOf(virtualService([{ route: [to("v1", 80), to("v2", 10), to("v3", 10)] }]));
    expect(await router.read(target)).toMatchObject({
      canaryWeight: undefined,
      canaryAtMost: 10,
      problem: expect.stringContaining("echo:v3 has weight 10"),
    });
  });

  it("fails as the cluster fails when the object is gone", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    await cluster.delete(VIRTUAL_SERVICES, KEY);
    expect(await reasonOf(router.read(target))).toBe("NotFound");
  });
}

function writes(): void {
  it("moves the weights and nothing else, and answers what is written then", async () => {
    const other: HttpRoute = {
      match: [{ uri: { prefix: "/other" } }],
      route: [{ destination: { host: "other" } }],
      timeout: "5s",
    };
    const target = await targetOf(virtualService([other, { ...SPLIT, retries: { attempts: 2 } }]));
    const reading = await router.write(target, await router.read(target), 50);
    expect(reading).toMatchObject({
      canaryWeight: 50,
      stableWeight: 50,
      objects: [{ lastWriter: { manager: "serin", operation: "Update" } }],
    });
    expect(await routesNow()).toEqual([other, { route: [to("v1", 50), to("v2", 50)], retries: { attempts: 2 } }]);
    expect(await router.read(target)).toEqual(reading);
  });

  it("is not hindered by text and numbers that an API server spells in its own way", async () => {
    const odd: HttpRoute = {
      name: "a&b<c>",
      fault: { delay: { fixedDelay: "1s", percentage: { value: 0.0000001 } } },
      route: [{ ...to("v1", 80), headers: { response: { set: { link: "<https://x>&y" } } } }, to("v2", 20)],
    };
    const target = await targetOf(virtualService([odd]));
    expect(await router.write(target, await router.read(target), 0)).toMatchObject({ canaryWeight: 0 });
  });

  it("goes on from its own answer without reading again", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    let reading = await router.read(target);
    for (const weight of [50, 100, 0]) reading = await router.write(target, reading, weight);
    expect(reading.canaryWeight).toBe(0);
  });

  it("does nothing, not even a new version, when the split is there", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    const reading = await router.read(target);
    expect(await router.write(target, reading, 20)).toEqual(reading);
  });

  it("adds a canary that was not there, and takes it away again", async () => {
    const target = await targetOf(virtualService([{ route: [to("v1")] }]));
    const reading = await router.write(target, await router.read(target), 10);
    expect(await routesNow()).toEqual([{ route: [to("v1", 90), to("v2", 10)] }]);
    await router.write(target, reading, 0);
    expect(await routesNow()).toEqual([{ route: [to("v1")] }]);
  });

  it.each([
    ["the same object", true],
    ["a reading from elsewhere, such as a stored one", false],
  ])("refuses when the world changed since the reading, by %s", async (_what, known) => {
    const target = await targetOf(virtualService([SPLIT]));
    const reading = await router.read(target);
    const body = { spec: { http: [{ route: [to("v1", 100), to("v2", 0)] }] } };
    await cluster.patch(VIRTUAL_SERVICES, KEY, { type: "merge", body }, { fieldManager: "jane" });
    expect(["Invalid", "Conflict"]).toContain(
      await reasonOf(router.write(target, known ? reading : structuredClone(reading), 50)),
    );
    expect(await routesNow()).toEqual(body.spec.http);
  });

  it("writes from a stored reading while nothing changed", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    const reading = structuredClone(await router.read(target));
    expect((await router.write(target, reading, 50)).canaryWeight).toBe(50);
  });
}

function previews(): void {
  it("shows the exact change of each step, and changes nothing", async () => {
    const target = await targetOf(virtualService([SPLIT]));
    const reading = await router.read(target);
    const [change] = await router.preview(target, reading, 50);
    expect(change).toMatchObject({ kind: "VirtualService", namespace: "default", name: "echo" });
    expect((change!.before as VirtualService).spec.http).toEqual([SPLIT]);
    expect((change!.after as VirtualService).spec.http).toEqual([{ route: [to("v1", 50), to("v2", 50)] }]);
    expect(await router.read(target)).toEqual(reading);
    expect(await router.preview(target, reading, 20)).toEqual([]);
  });
}

function several(): void {
  it("are moved together", async () => {
    const target = await targetOf(virtualService([SPLIT], "inner"), virtualService([SPLIT], "outer"));
    await router.write(target, await router.read(target), 50);
    const moved = [{ route: [to("v1", 50), to("v2", 50)] }];
    expect([await routesNow("inner"), await routesNow("outer")]).toEqual([moved, moved]);
  });

  it("stay together when one was touched meanwhile, elsewhere than in its split", async () => {
    const target = await targetOf(virtualService([SPLIT], "inner"), virtualService([SPLIT], "outer"));
    const reading = await router.read(target);
    await cluster.patch(
      VIRTUAL_SERVICES,
      { ...KEY, name: "outer" },
      { type: "merge", body: { metadata: { labels: { a: "b" } } } },
    );
    expect((await router.write(target, reading, 50)).canaryWeight).toBe(50);
  });

  it("can be taken back in one when the other is gone", async () => {
    const target = await targetOf(virtualService([SPLIT], "inner"), virtualService([SPLIT], "outer"));
    await cluster.delete(VIRTUAL_SERVICES, { ...KEY, name: "inner" });
    const reading = await router.read(target);
    expect(reading).toMatchObject({
      canaryWeight: undefined,
      canaryAtMost: 20,
      problem: expect.stringContaining("is gone"),
    });
    expect(await router.write(target, reading, 0)).toMatchObject({ canaryAtMost: 0 });
    expect(await routesNow("outer")).toEqual([{ route: [to("v1", 100), to("v2", 0)] }]);
  });

  it("are not overrun when the split of one was changed meanwhile", async () => {
    const target = await targetOf(virtualService([SPLIT], "inner"), virtualService([SPLIT], "outer"));
    const reading = await router.read(target);
    const body = { spec: { http: [{ route: [to("v1", 100), to("v2", 0)] }] } };
    await cluster.patch(VIRTUAL_SERVICES, { ...KEY, name: "outer" }, { type: "merge", body });
    expect(["Invalid", "Conflict"]).toContain(await reasonOf(router.write(target, reading, 50)));
    const after = await router.read(target);
    expect(after.problem).toContain("the routes disagree");
    expect(after.disagreeing).toEqual([50, 0]);
  });
}

function resolving(): void {
  it("finds by looking, and says what is missing as a value", async () => {
    await create(VIRTUAL_SERVICES, virtualService([SPLIT]));
    const query = { namespace: "default", stable: "echo-v1", canary: "echo-v2" };
    expect(await router.resolve(query)).toMatchObject({ ok: true, target: { host: "echo", total: 100 } });
    expect(await router.resolve({ ...query, canary: "echo-v9" })).toMatchObject({
      ok: false,
      reason: "DeploymentNotFound",
    });
    expect(await router.resolve({ ...query, namespace: "other" })).toMatchObject({ ok: false });
  });
}
