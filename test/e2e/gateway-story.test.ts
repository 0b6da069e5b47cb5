// The gateway with real sockets: the story's split, live changes, and no client that notices.

import { afterEach, beforeEach, expect, test } from "vitest";
import { VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster, weighted } from "../../testbed/gateway/world.ts";

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let url: string;

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([weighted(80, 20)]);
  await world.addPod("v1");
  await world.addPod("v2");
  gateway = await startTestGateway(world.cluster);
  url = `http://127.0.0.1:${gateway.localPorts[80]}`;
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

async function count(requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < requests; i++) {
    const response = await fetch(url);
    const text = `${response.status} ${await response.text()}`;
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}

test("every ten requests at 80/20 are eight and two, and a changed weight is in force when it is acknowledged", async () => {
  for (let block = 0; block < 3; block++) expect(await count(5)).toBeDefined();
  // 15 requests so far: five more complete the second pair of blocks.
  await count(5);
  expect(await count(10)).toEqual({ "200 v1": 8, "200 v2": 2 });
  const changed = await world.route([weighted(0, 100)]);
  const key = { namespace: "default", name: "echo" };
  await expect
    .poll(() => gateway.dataPlane.acknowledged(VIRTUAL_SERVICES, key, changed.metadata.resourceVersion!))
    .toEqual({ acknowledged: true });
  expect(await count(10)).toEqual({ "200 v2": 10 });
  expect(
    (await gateway.metrics.read({ namespace: "default", workloads: ["echo-v1", "echo-v2", "other"] })).workloads,
  ).toMatchObject({
    "echo-v1": { requests: 24, errors: 0 },
    "echo-v2": { requests: 16, errors: 0 },
    other: { requests: 0 },
  });
});

test("an unknown host or path is answered as Envoy does", async () => {
  await world.route([{ match: [{ uri: { prefix: "/known" } }], ...weighted(1, 1) }]);
  await expect.poll(async () => (await fetch(url)).status).toBe(404);
  const response = await fetch(`${url}/unknown`);
  expect([response.status, await response.text(), response.headers.get("server")]).toEqual([404, "", "istio-envoy"]);
});

test("the metrics carry Istio's names and labels", async () => {
  await count(5);
  const text = await (await fetch(`http://127.0.0.1:${gateway.statsPort}/stats/prometheus`)).text();
  expect(text).toMatch(
    /^istio_requests_total\{reporter="source",source_workload="istio-ingressgateway",.*destination_workload="echo-v1".*response_code="200".*response_flags="-".*\} 4$/m,
  );
  expect(text).toMatch(/^istio_request_duration_milliseconds_bucket\{.*destination_version="v2".*,le="\+Inf"\} 1$/m);
});
