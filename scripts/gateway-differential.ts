// The gateway against a real istiod and Envoy: the same generated VirtualServices and the same requests before both, answers
// and what the upstream saw compared. Fails when anything differs that docs/reference/gateway.md does not list.
//   node scripts/gateway-differential.ts --bin DIR --envoy FILE [--seed 1] [--scenarios 40] [--requests 40]
// DIR holds etcd, kube-apiserver and pilot-discovery; all run on loopback ports and are stopped at the end.

import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { KubeObject } from "../src/core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAYS,
  PODS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../src/core/kubernetes/resource.ts";
import { seededRandom } from "../src/gateway/random.ts";
import { startGateway } from "../src/gateway/start.ts";
import type { Cluster } from "../src/ports/cluster.ts";
import { ask, differences } from "../testbed/gateway/differential/compare.ts";
import { Generator } from "../testbed/gateway/differential/generate.ts";
import { GATEWAY_PORT, startRealMesh } from "../testbed/gateway/differential/real-mesh.ts";
import { pod, slice } from "../testbed/gateway/objects.ts";
import { object, openTestCluster, realClock, silentLog } from "../testbed/gateway/world.ts";
import { startServer } from "./schemas/real-server.ts";

const { values } = parseArgs({
  options: {
    bin: { type: "string" },
    envoy: { type: "string" },
    seed: { type: "string", default: "1" },
    scenarios: { type: "string", default: "40" },
    requests: { type: "string", default: "40" },
  },
});
const ISTIO = "networking.istio.io/v1";
const HOST = "echo.default.svc.cluster.local";
const VERSIONS = ["v1", "v2"] as const;

await main();

async function main(): Promise<void> {
  const { bin, envoy } = values;
  if (bin === undefined || envoy === undefined)
    throw new Error("usage: node scripts/gateway-differential.ts --bin DIR --envoy FILE");
  await using stack = new AsyncDisposableStack();
  const upstreams = await Promise.all(VERSIONS.map(echo));
  for (const { server } of upstreams) stack.defer(() => void server.close());
  const ports = upstreams.map(({ port }) => port);
  const api = await startServer(bin);
  stack.defer(() => api.stop());
  const free = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const mesh = startRealMesh({
    pilotDiscovery: join(bin, "pilot-discovery"),
    envoy,
    kubeconfig: api.kubeconfig,
    ports: free,
    base: baseObjects(ports),
  });
  stack.defer(() => mesh.stop());
  const sandbox = await openTestCluster();
  stack.defer(() => sandbox.close());
  await prepareSandbox(sandbox.cluster, ports);
  const gateway = await startGateway({
    cluster: sandbox.cluster,
    clock: realClock,
    log: silentLog,
    ports: { [GATEWAY_PORT]: 0 },
    statsPort: 0,
    seed: 1,
  });
  stack.defer(() => gateway.stop());
  const generator = new Generator(seededRandom(Number(values.seed)));
  let differing = 0;
  for (let scenario = 0; scenario < Number(values.scenarios); scenario++) {
    const routes = generator
      .virtualServices()
      .map((spec, i) => object(ISTIO, "VirtualService", `vs-${"abc"[i]}`, spec));
    const objects = [...routes, probe(`${values.seed}-${scenario}`)];
    mesh.write(objects);
    await replaceRoutes(sandbox.cluster, objects);
    await inForce([GATEWAY_PORT, gateway.localPorts[GATEWAY_PORT]!], `${values.seed}-${scenario}`);
    differing += await compare(
      generator,
      gateway.localPorts[GATEWAY_PORT]!,
      `scenario ${scenario}: ${JSON.stringify(routes.map(({ spec }) => spec))}`,
    );
  }
  console.log(
    `${Number(values.scenarios) * Number(values.requests)} requests, ${differing} answered differently (seed ${values.seed})`,
  );
  if (differing > 0) process.exitCode = 1;
}

async function compare(generator: Generator, ourPort: number, title: string): Promise<number> {
  let differing = 0;
  for (let i = 0; i < Number(values.requests); i++) {
    const request = generator.request();
    const [real, ours] = await Promise.all([ask(GATEWAY_PORT, request), ask(ourPort, request)]);
    const found = differences(real, ours);
    if (found.length === 0) continue;
    if (differing++ === 0) console.log(title);
    console.log(`  ${JSON.stringify(request)}\n    ${found.join("\n    ")}`);
  }
  return differing;
}

async function echo(version: string): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => (bytes += chunk.length));
    request.on("end", () => {
      response.setHeader("X-Resp", "orig").setHeader("x-two", ["a", "b"]);
      response.end(
        JSON.stringify({ version, method: request.method, url: request.url, bytes, headers: request.rawHeaders }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

function baseObjects(ports: readonly number[]): KubeObject[] {
  const endpoints = VERSIONS.map((version, i) => ({
    address: "127.0.0.1",
    ports: { http: ports[i] },
    labels: { version },
  }));
  const entry = {
    hosts: [HOST],
    ports: [{ number: 80, name: "http", protocol: "HTTP" }],
    resolution: "STATIC",
    location: "MESH_INTERNAL",
    endpoints,
  };
  return [object(ISTIO, "ServiceEntry", "echo", entry), ...sharedObjects().map(([, each]) => each)];
}

function sharedObjects() {
  const subsets = VERSIONS.map((version) => ({ name: version, labels: { version } }));
  const servers = [{ port: { number: GATEWAY_PORT, name: "http", protocol: "HTTP" }, hosts: ["*"] }];
  return [
    [GATEWAYS, object(ISTIO, "Gateway", "gw", { selector: { istio: "ingressgateway" }, servers })],
    [DESTINATION_RULES, object(ISTIO, "DestinationRule", "echo", { host: HOST, subsets })],
  ] as const;
}

async function prepareSandbox(cluster: Cluster, ports: readonly number[]): Promise<void> {
  for (const [resource, each] of sharedObjects()) await cluster.create(resource, each);
  await cluster.create(
    SERVICES,
    object("v1", "Service", "echo", { ports: [{ name: "http", port: 80, targetPort: 8_080 }] }),
  );
  for (const [i, version] of VERSIONS.entries()) {
    const annotations = { "sandbox.serin.dev/dial": JSON.stringify({ "8080": `127.0.0.1:${ports[i]}` }) };
    await cluster.create(PODS, pod(`echo-${version}`, version, { annotations, ownerReferences: [] }));
  }
  await cluster.create(
    ENDPOINT_SLICES,
    slice(VERSIONS.map((version, i) => ({ ip: `127.1.0.${i + 1}`, pod: `echo-${version}` }))),
  );
}

/** Its answer tells which scenario's routes are in force. */
function probe(body: string): KubeObject {
  const http = [{ directResponse: { status: 200, body: { string: body } } }];
  return object(ISTIO, "VirtualService", "probe", { hosts: ["probe.test"], gateways: ["gw"], http });
}

async function replaceRoutes(cluster: Cluster, objects: readonly KubeObject[]): Promise<void> {
  for (const { metadata } of (await cluster.list(VIRTUAL_SERVICES)).items)
    await cluster.delete(VIRTUAL_SERVICES, metadata);
  for (const each of objects) await cluster.create(VIRTUAL_SERVICES, each);
}

async function inForce(ports: readonly number[], body: string): Promise<void> {
  const request = { method: "GET", host: "probe.test", path: "/", headers: {} };
  for (let left = 200; left > 0; left--) {
    const answers = await Promise.all(ports.map((port) => ask(port, request).catch(() => undefined)));
    // Envoy's listeners and routes of one push arrive one after the other: a moment more for the rest.
    const inForce = answers.every((answer) => answer?.body === body);
    await sleep(100);
    if (inForce) return;
  }
  throw new Error(`routes of scenario ${body} are not in force after 20 s: is one of them refused?`);
}

async function freePort(): Promise<number> {
  const { server, port } = await echo("");
  await new Promise((resolve) => server.close(resolve));
  return port;
}
