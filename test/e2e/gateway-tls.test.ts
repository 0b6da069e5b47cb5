// TLS at the gateway over time, with clients that nobody here wrote (curl, Node's https and tls): certificates that come, change, break and go
// while requests run. Which server, which client certificates and what is passed through is compared with Envoy in
// test/cluster/gateway-tls.test.ts; here the same is tried in short without one.

import { once } from "node:events";
import { Agent, createServer as createHttps, get } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { DESTINATION_RULES, EVENTS, GATEWAYS, SECRETS, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { GatewayServer, ServerTls } from "../../src/gateway/objects.ts";
import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { Authority, type Certificate } from "../../testbed/gateway/certificates.ts";
import { curl } from "../../testbed/gateway/curl.ts";
import { EchoWorld, openTestCluster, realClock, silentLog } from "../../testbed/gateway/world.ts";

const SYSTEM = "istio-system";
const ECHO = { namespace: "default", name: "echo" };
const SIMPLE: ServerTls = { mode: "SIMPLE", credentialName: "shop" };

let authority: Authority;
let [shop, renewed]: Certificate[] = [];
let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let port: number;

beforeAll(() => {
  authority = new Authority();
  [shop, renewed] = [authority.issue("DNS:shop.example"), authority.issue("DNS:shop.example", "rsa")];
});

afterAll(() => authority.dispose());

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([{ route: [{ destination: { host: "echo" } }] }]);
  await world.addPod("v1");
  gateway = await startGateway({
    ...{ cluster: world.cluster, clock: realClock, log: silentLog },
    ...{ ports: { 80: 0 }, optionalPorts: { 443: 0 }, statsPort: 0, seed: 7 },
  });
  port = gateway.localPorts[443]!;
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

async function dropPods(): Promise<void> {
  for (const pod of [...world.pods]) {
    await world.removePod(pod);
    pod.server!.close();
  }
}

const key = (name: string) => ({ namespace: SYSTEM, name });

async function putSecret(name: string, data: Record<string, string>): Promise<void> {
  const encoded = Object.entries(data).map(([each, text]) => [each, Buffer.from(text).toString("base64")]);
  const secret = { apiVersion: "v1", kind: "Secret", metadata: key(name), data: Object.fromEntries(encoded) as object };
  const isThere = (await world.cluster.list(SECRETS)).items.some(({ metadata }) => metadata.name === name);
  if (isThere) await world.cluster.patch(SECRETS, key(name), { type: "merge", body: { data: secret.data } });
  else await world.cluster.create(SECRETS, secret);
}

function pairOf({ certificate, key }: Certificate): Record<string, string> {
  return { "tls.crt": certificate, "tls.key": key };
}

async function serve(hosts: string[], tls: ServerTls, protocol = "HTTPS"): Promise<void> {
  const server: GatewayServer = { port: { number: 443, name: "https", protocol }, hosts, tls };
  const body = { spec: { servers: [server] } };
  await world.cluster.patch(GATEWAYS, ECHO, { type: "merge", body });
}

async function textOf(name = "shop.example", as?: Certificate): Promise<string> {
  const answer = await curl(name, port, { authorityFile: authority.certificateFile, ...(as && { as }) });
  return "closed" in answer ? "closed" : `${answer.status} ${answer.version} ${answer.body}`;
}

/** The serial number of the certificate that a new connection is shown. */
async function shown(): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({ port, servername: "shop.example", ca: authority.certificate, host: "127.0.0.1" });
  socket.once("secureConnect", () => resolve(socket)).once("error", reject);
  const { serialNumber } = (await promise).getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function conditionOf(): Promise<string | undefined> {
  type Gateway = KubeObject & { status?: { conditions: { status: string; message: string }[] } };
  const { status } = await world.cluster.get<Gateway>(GATEWAYS, ECHO);
  return status?.conditions.map((each) => `${each.status} ${each.message}`).join();
}

test("a Secret that is missing is said with the cure; when it comes the server is served", async () => {
  await serve(["shop.example"], SIMPLE);
  await expect.poll(conditionOf).toMatch(/^False .*kubectl -n istio-system create secret tls shop/);
  const { items } = await world.cluster.list(EVENTS);
  expect(items.map((event) => `${String(event["type"])} ${String(event["reason"])}`)).toContain("Warning Refused");
  expect(await textOf()).toBe("closed");
  await putSecret("shop", pairOf(shop!));
  await expect.poll(() => textOf()).toBe("200 2 v1");
  await expect.poll(conditionOf).toMatch(/^True/);
});

test("certificates change, break and go without one failed request; what is broken is said and nothing of it shown", async () => {
  await putSecret("shop", pairOf(shop!));
  await serve(["shop.example"], SIMPLE);
  await expect.poll(() => textOf()).toBe("200 2 v1");
  const traffic = keepAsking();
  const first = await shown();
  await putSecret("shop", pairOf(renewed!));
  await expect.poll(shown).not.toBe(first);
  const second = await shown();
  await putSecret("shop", { "tls.crt": shop!.certificate });
  await expect
    .poll(conditionOf)
    .toMatch(/^False .*does not belong to the certificate.*the last good one stays in force/);
  expect(await shown()).toBe(second);
  await world.cluster.delete(SECRETS, key("shop"));
  await expect.poll(conditionOf).toMatch(/^False .*does not exist.*the last good one stays in force/);
  expect(await shown()).toBe(second);
  await putSecret("shop", pairOf(shop!));
  await expect.poll(shown).toBe(first);
  expect(await traffic.stop()).toEqual([]);
  const [gateways, events] = await Promise.all([world.cluster.list(GATEWAYS), world.cluster.list(EVENTS)]);
  const written = JSON.stringify([gateways.items, events.items]);
  for (const { certificate, key } of [shop!, renewed!])
    for (const pem of [certificate, key]) expect(written).not.toContain(pem.split("\n")[1]);
});

test("who leaves right after the handshake is gone, and stopping does not wait for who has said nothing", async () => {
  await putSecret("shop", pairOf(shop!));
  await serve(["shop.example"], SIMPLE);
  await expect.poll(() => textOf()).toBe("200 2 v1");
  await shown();
  const silent = connect({ port, servername: "shop.example", ca: authority.certificate, host: "127.0.0.1" });
  await once(silent, "secureConnect");
  await sleep(300);
  const startMs = performance.now();
  const ended = once(silent.resume(), "close");
  await gateway.stop();
  await ended;
  expect(performance.now() - startMs).toBeLessThan(2_000);
});

/** Half of the requests on connections that stay, half on new ones; those that did not succeed. */
function keepAsking() {
  const failures: string[] = [];
  const kept = new Agent({ keepAlive: true, maxSockets: 2 });
  const stop = new AbortController();
  const ask = (agent: Agent | false) =>
    new Promise<void>((resolve) => {
      const options = { host: "127.0.0.1", port, servername: "shop.example", ca: authority.certificate, agent };
      get({ ...options, headers: { host: "shop.example" } }, (response) => {
        if (response.statusCode !== 200) failures.push(String(response.statusCode));
        response.resume().once("close", resolve);
      }).once("error", (error) => {
        failures.push(error.message);
        resolve();
      });
    });
  const loop = async () => {
    for (; !stop.signal.aborted; await sleep(5)) await Promise.all([ask(kept), ask(false)]);
  };
  const ended = loop();
  return {
    async stop(): Promise<string[]> {
      stop.abort();
      await ended;
      kept.destroy();
      return failures;
    },
  };
}

test("MUTUAL from now on: connections of before end, new ones need a certificate", async () => {
  await putSecret("shop", { ...pairOf(shop!), "ca.crt": authority.certificate });
  await serve(["shop.example"], SIMPLE);
  await expect.poll(() => textOf()).toBe("200 2 v1");
  const before = connect({ port, host: "127.0.0.1", servername: "shop.example", ca: authority.certificate });
  const ended = new Promise<void>((resolve) => before.once("close", () => resolve()));
  before.on("error", () => {}).resume();
  await new Promise<void>((resolve) => before.once("secureConnect", () => resolve()));
  await serve(["shop.example"], { ...SIMPLE, mode: "MUTUAL" });
  await expect.poll(() => textOf()).toBe("closed");
  expect(await textOf("shop.example", authority.issue("DNS:jane.example"))).toBe("200 2 v1");
  await ended;
}, 15_000);

test("passed through to endpoints with certificates of their own, by weight", async () => {
  await dropPods();
  const servers = ["v1", "v2"].map((version) =>
    createHttps({ cert: shop!.certificate, key: shop!.key }, (_, response) => response.end(version)),
  );
  for (const [i, server] of servers.entries()) await world.addServer(`v${i + 1}`, server);
  await serve(["shop.example"], { mode: "PASSTHROUGH" }, "TLS");
  const destination = (subset: string) => ({ host: "echo", subset });
  const route = [
    { destination: destination("v1"), weight: 80 },
    { destination: destination("v2"), weight: 20 },
  ];
  const spec = { hosts: ["shop.example"], tls: [{ match: [{ sniHosts: ["shop.example"] }], route }], http: null };
  await world.cluster.patch(VIRTUAL_SERVICES, ECHO, { type: "merge", body: { spec } });
  await expect.poll(() => textOf()).toMatch(/^200/);
  await expect.poll(() => textOf()).toMatch(/v2$/);
  const counts = { v1: 0, v2: 0 };
  for (let i = 0; i < 10; i++) counts[(await textOf()).slice(-2) as "v1" | "v2"]++;
  // Two aligned blocks of five begin behind the answer that was waited for, or one is cut at both ends.
  expect(counts.v1).toBeGreaterThanOrEqual(7);
  expect(counts.v2).toBeGreaterThanOrEqual(1);
});

test("TLS to the endpoints; a credential that is missing fails requests and is said at the rule", async () => {
  await dropPods();
  const server = createHttps({ cert: shop!.certificate, key: shop!.key }, (request, response) =>
    response.end((request.socket as TLSSocket & { servername: string }).servername),
  );
  await world.addServer("v1", server);
  const tls = { mode: "SIMPLE", credentialName: "trust" };
  await world.cluster.patch(DESTINATION_RULES, ECHO, { type: "merge", body: { spec: { trafficPolicy: { tls } } } });
  const ask = async () => {
    const answer = await curl("shop.example", gateway.localPorts[80]!, { scheme: "http" });
    return "closed" in answer ? "closed" : `${answer.status} ${answer.body}`;
  };
  await expect.poll(ask).toMatch(/^503 upstream connect error/);
  const { status } = await world.cluster.get<KubeObject & { status?: object }>(DESTINATION_RULES, ECHO);
  expect(JSON.stringify(status)).toContain("neither Secret istio-system/trust-cacert nor istio-system/trust exists");
  await putSecret("trust-cacert", { "ca.crt": authority.certificate });
  await expect.poll(ask).toBe("200 shop.example");
});
