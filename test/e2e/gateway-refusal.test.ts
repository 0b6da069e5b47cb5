// What the gateway does not honour is said in an Event and in status, and takes no traffic away.

import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { EVENTS, GATEWAYS, PODS, SERVICES, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { HttpMatch } from "../../src/gateway/objects.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, object, openTestCluster, virtualService, weighted } from "../../testbed/gateway/world.ts";

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
const KEY = { namespace: "default", name: "echo" };

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([weighted(100, 0)]);
  await world.addPod("v1");
  gateway = await startTestGateway(world.cluster);
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

async function answer(host = "a"): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${gateway.localPorts[80]}/`, { headers: { "x-host": host } });
  return `${response.status} ${await response.text()}`;
}

async function eventsOf(kind: string): Promise<string[]> {
  const { items } = await world.cluster.list(EVENTS);
  return items
    .filter((event) => (event["involvedObject"] as { kind: string }).kind === kind)
    .map((event) => `${String(event["type"])} ${String(event["reason"])}: ${String(event["message"])}`);
}

async function conditionOf(): Promise<unknown> {
  const { status } = await world.cluster.get<
    KubeObject & { status?: { conditions: { type: string; status: string; reason: string }[] } }
  >(VIRTUAL_SERVICES, KEY);
  return status?.conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

const unsupported = { ...weighted(0, 100), match: [{ statPrefix: "s" } as HttpMatch] };

test("a change that cannot be honoured leaves the last good routes in force, says so, and is not acknowledged", async () => {
  expect(await answer()).toBe("200 v1");
  const changed = await world.route([unsupported]);
  await expect
    .poll(() => eventsOf("VirtualService"))
    .toEqual([
      "Warning Refused: spec.http[0].match[0].statPrefix is not supported by the sandbox gateway: it names per-route statistics, which the gateway does not keep; remove it (its last good version stays in force)",
    ]);
  await expect.poll(conditionOf).toEqual(["Reconciled=False Refused"]);
  expect(await answer()).toBe("200 v1");
  expect(await gateway.dataPlane.acknowledged(VIRTUAL_SERVICES, KEY, changed.metadata.resourceVersion!)).toMatchObject({
    acknowledged: false,
    waitingFor: expect.stringContaining("refuses VirtualService default/echo: spec.http[0].match[0].statPrefix"),
  });
  const cured = await world.route([weighted(0, 100)]);
  await expect.poll(conditionOf).toEqual(["Reconciled=True Honoured"]);
  expect(await gateway.dataPlane.acknowledged(VIRTUAL_SERVICES, KEY, cured.metadata.resourceVersion!)).toEqual({
    acknowledged: true,
  });
  expect(await answer()).toBe("503 no healthy upstream");
  expect(await eventsOf("VirtualService")).toHaveLength(1);
});

test("a problem that was cured while the gateway was away is taken back at its next start", async () => {
  await world.route([unsupported]);
  await expect.poll(conditionOf).toEqual(["Reconciled=False Refused"]);
  await gateway.stop();
  await world.route([weighted(100, 0)]);
  gateway = await startTestGateway(world.cluster);
  await expect.poll(conditionOf).toEqual(["Reconciled=True Honoured"]);
  expect(await answer()).toBe("200 v1");
});

test("a new VirtualService that cannot be honoured is not served, and the others are", async () => {
  await world.cluster.create(VIRTUAL_SERVICES, virtualService([unsupported], "other", { hosts: ["other.example"] }));
  await expect
    .poll(() => eventsOf("VirtualService"))
    .toEqual([expect.stringContaining("(the VirtualService is not served)")]);
  expect(await answer()).toBe("200 v1");
});

test("a Gateway that matches nothing is told so", async () => {
  const servers = [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }];
  await world.cluster.create(
    GATEWAYS,
    object("networking.istio.io/v1", "Gateway", "lost", { selector: { istio: "egress" }, servers }),
  );
  await expect
    .poll(() => eventsOf("Gateway"))
    .toEqual([expect.stringContaining('spec.selector {"istio":"egress"} matches no gateway')]);
});

test("an object that the gateway has not seen is not acknowledged, nor one it does not read", async () => {
  expect(await gateway.dataPlane.acknowledged(VIRTUAL_SERVICES, KEY, "999999")).toMatchObject({
    acknowledged: false,
    waitingFor: expect.stringContaining("to see VirtualService default/echo at resourceVersion 999999"),
  });
  expect(await gateway.dataPlane.acknowledged(EVENTS, KEY, "1")).toMatchObject({ acknowledged: false });
  const { metadata } = await world.cluster.get(VIRTUAL_SERVICES, KEY);
  await world.cluster.delete(VIRTUAL_SERVICES, KEY);
  await expect
    .poll(() => gateway.dataPlane.acknowledged(VIRTUAL_SERVICES, KEY, metadata.resourceVersion!))
    .toEqual({ acknowledged: true });
});

test("the ingress gateway is found by its labels, with its ports", async () => {
  const pods = await world.cluster.list(PODS);
  const ingress = pods.items.find(({ metadata }) => metadata.labels?.["istio"] === "ingressgateway");
  expect(ingress).toMatchObject({
    metadata: {
      namespace: "istio-system",
      annotations: {
        "sandbox.serin.dev/ports": JSON.stringify(gateway.localPorts),
        "sandbox.serin.dev/unmanaged": "true",
      },
    },
    status: {
      phase: "Running",
      conditions: expect.arrayContaining([expect.objectContaining({ type: "Ready", status: "True" })]),
    },
  });
  expect(await world.cluster.get(SERVICES, { namespace: "istio-system", name: "istio-ingressgateway" })).toMatchObject({
    spec: { type: "LoadBalancer" },
  });
});
