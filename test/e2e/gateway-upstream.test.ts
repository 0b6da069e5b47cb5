// The gateway towards its endpoints: failures, retries, time limits, bodies, and endpoints that come and go.

import { createHash, randomBytes } from "node:crypto";
import { Agent, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { countLine, startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster, type TestPod, weighted } from "../../testbed/gateway/world.ts";

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let port: number;
let url: string;

const TO_ECHO: HttpRoute = { route: [{ destination: { host: "echo" } }] };

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([TO_ECHO]);
  gateway = await startTestGateway(world.cluster);
  port = gateway.localPorts[80]!;
  url = `http://127.0.0.1:${port}`;
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

/** A pod whose process is gone: its port refuses connections. */
async function deadPod(version: string): Promise<TestPod> {
  const pod = await world.addPod(version);
  await new Promise<void>((resolve) => pod.server.close(() => resolve()));
  return pod;
}

async function settle(): Promise<void> {
  await sleep(20);
}

async function get(path = "/", init: RequestInit = {}): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url + path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test("without a ready endpoint: 503 UH, no healthy upstream", async () => {
  const { status, text } = await get();
  expect([status, text]).toEqual([503, "no healthy upstream"]);
  expect(
    await countLine(gateway, /destination_service_name="echo".*response_code="503".*response_flags="UH".* 1$/),
  ).toBeDefined();
});

test("a subset that no rule defines and a host that no Service has: 503 NC with an empty body", async () => {
  await world.addPod("v1");
  await world.route([
    { match: [{ uri: { prefix: "/a" } }], route: [{ destination: { host: "echo", subset: "v9" } }] },
    { route: [{ destination: { host: "nobody" } }] },
  ]);
  await settle();
  expect([await get("/a"), await get("/b")].map(({ status, text }) => [status, text])).toEqual([
    [503, ""],
    [503, ""],
  ]);
  expect(await countLine(gateway, /response_flags="NC".* 2$/)).toBeDefined();
});

test("a refused connection is tried at another endpoint: the client sees nothing", async () => {
  await world.addPod("v1");
  await deadPod("v1");
  await settle();
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await get()).status));
  expect(statuses.every((status) => status === 200)).toBe(true);
});

test("when all refuse, the answer is Envoy's, after two retries", async () => {
  await deadPod("v1");
  await settle();
  const { status, text } = await get();
  expect(status).toBe(503);
  expect(text).toBe(
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure",
  );
  expect(await countLine(gateway, /destination_workload="echo-v1".*response_flags="URX,UF".* 1$/)).toBeDefined();
});

test("with attempts: 0 there is no retry and no URX", async () => {
  await deadPod("v1");
  await world.route([{ ...TO_ECHO, retries: { attempts: 0 } }]);
  await settle();
  expect((await get()).text).toBe(
    "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
  );
});

test("a body is sent again in full after a refused connection", async () => {
  await deadPod("v1");
  await deadPod("v1");
  await world.addPod("v1", echoHash);
  await world.route([{ ...TO_ECHO, retries: { attempts: 20, retryOn: "connect-failure", backoff: "1ms" } }]);
  await settle();
  const body = randomBytes(300_000);
  for (let i = 0; i < 10; i++) expect((await get("/", { method: "POST", body })).text).toBe(hash(body));
});

test("an upstream's own 503 goes through unretried by default, and is retried where the route says so", async () => {
  let calls = 0;
  await world.addPod("v1", (_, response) => {
    calls++;
    response.writeHead(calls === 2 || calls > 3 ? 503 : 200).end("x");
    // Calls: 1 is 200, 2 is 503 (passed on); with retries 3 is 200; from 4 on always 503.
  });
  await settle();
  expect([(await get()).status, (await get()).status, calls]).toEqual([200, 503, 2]);
  await world.route([{ ...TO_ECHO, retries: { attempts: 2, retryOn: "503", backoff: "1ms" } }]);
  await settle();
  expect([(await get()).status, calls]).toEqual([200, 3]);
  expect([(await get()).status, calls]).toEqual([503, 6]);
  expect(await countLine(gateway, /response_code="503".*response_flags="URX".* 1$/)).toBeDefined();
});

test("a connection that breaks before the answer is 503 UC; after its beginning the client sees it break", async () => {
  await world.addPod("v1", (request, response) => {
    if (request.url === "/early") return void request.socket.destroy();
    response.writeHead(200, { "content-length": "100" });
    response.write("abc", () => setTimeout(() => request.socket.destroy(), 20));
  });
  await settle();
  const early = await get("/early");
  expect([early.status, early.text]).toEqual([
    503,
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
  ]);
  await expect(get("/late")).rejects.toThrow();
  expect(await countLine(gateway, /response_code="200".*response_flags="UC".* 1$/)).toBeDefined();
});

test("timeouts: the whole request (504 UT), and each try", async () => {
  await world.addPod(
    "v1",
    (request, response) => void setTimeout(() => response.end("late"), request.url === "/slow" ? 500 : 0),
  );
  await world.route([
    { match: [{ uri: { exact: "/slow" } }], ...TO_ECHO, timeout: "80ms" },
    { match: [{ uri: { exact: "/quick" } }], ...TO_ECHO, timeout: "2s" },
  ]);
  await settle();
  const slow = await get("/slow");
  expect([slow.status, slow.text]).toEqual([504, "upstream request timeout"]);
  expect((await get("/quick")).status).toBe(200);
  await world.route([{ ...TO_ECHO, retries: { attempts: 1, perTryTimeout: "50ms", retryOn: "5xx", backoff: "1ms" } }]);
  await settle();
  const startMs = performance.now();
  expect((await get("/slow")).status).toBe(504);
  expect(performance.now() - startMs).toBeGreaterThan(95);
  expect(await countLine(gateway, /response_code="504".*response_flags="URX,UT".* 1$/)).toBeDefined();
});

test("an endpoint that is not ready gets no new request at once, and finishes those it has", async () => {
  let held: (() => void) | undefined;
  const pod = await world.addPod("v1", (_, response) => void (held = () => response.end("finished")));
  await world.addPod("v2");
  await world.route([weighted(100, 0)]);
  await settle();
  const running = get();
  await expect.poll(() => held !== undefined).toBe(true);
  expect(await gateway.dataPlane.inFlight("default", "echo-v1")).toBe(1);
  pod.ready = false;
  await world.publish();
  await settle();
  expect((await get()).text).toBe("no healthy upstream");
  held!();
  expect((await running).text).toBe("finished");
  expect(await gateway.dataPlane.inFlight("default", "echo-v1")).toBe(0);
});

test("endpoints come and go under load, as in rolling updates: not one request fails", async () => {
  await world.addPod("v1", gentle);
  await settle();
  const load = { running: true };
  let sent = 0;
  const failures: unknown[] = [];
  const client = async () => {
    while (load.running) {
      sent++;
      const answer = await get("/", {
        method: sent % 2 === 0 ? "GET" : "POST",
        body: sent % 2 === 0 ? undefined : "body",
      }).catch((error: unknown) => error);
      if ((answer as { status?: number }).status !== 200) failures.push(answer);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  for (let round = 0; round < 15; round++) {
    const old = world.pods[0]! as TestPod;
    await world.addPod(round % 2 === 0 ? "v2" : "v1", gentle);
    await sleep(20);
    // A kubelet's order: the pod terminates in the slice, then its process is told to end.
    old.terminating = true;
    await world.publish();
    // What clients sent before they knew has been accepted by then; a connection still in the accept queue dies with its listener.
    await sleep(50);
    old.server.close();
    old.server.closeIdleConnections();
    await sleep(15);
    await world.removePod(old);
  }
  load.running = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(100);
});

const gentle: RequestListener = (request, response) => {
  request.resume();
  request.on("end", () => setTimeout(() => response.end("ok"), Math.random() * 10));
};

test("bodies stream both ways with back-pressure", async () => {
  let largest = 0;
  await world.addPod("v1", (request, response) => {
    const sum = createHash("sha256");
    request.on("data", (chunk: Buffer) => sum.update(chunk));
    request.on("end", () => response.end(sum.digest("hex")));
    // The upstream does not read for a while: what the gateway takes from the client meanwhile is bounded.
    request.pause();
    setTimeout(() => {
      largest = process.memoryUsage().arrayBuffers;
      request.resume();
    }, 300);
  });
  await settle();
  const before = process.memoryUsage().arrayBuffers;
  const block = randomBytes(1_048_576);
  const sum = createHash("sha256");
  const upload = httpRequest({ port, host: "127.0.0.1", method: "POST" });
  const answer = new Promise<string>((resolve, reject) => {
    upload.on("error", reject);
    upload.on("response", (response: IncomingMessage) => void text(response).then(resolve, reject));
  });
  for (let i = 0; i < 40; i++) {
    sum.update(block);
    if (!upload.write(block)) await new Promise((resolve) => upload.once("drain", resolve));
  }
  upload.end();
  expect(await answer).toBe(sum.digest("hex"));
  expect(largest - before).toBeLessThan(20 * 1_048_576);
});

test("answers of any bytes and any size arrive as they were sent", async () => {
  const bodies = [0, 1, 255, 16_384, 16_385, 70_000].map((size) => randomBytes(size));
  await world.addPod("v1", (request, response) => {
    const body = bodies[Number(request.url!.slice(1))]!;
    response.writeHead(200, { "content-length": body.length }).end(body);
  });
  await settle();
  for (const [i, body] of bodies.entries()) {
    const response = await fetch(`${url}/${i}`);
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  }
});

test("a large answer is held back by a slow client and arrives whole", async () => {
  const body = randomBytes(30 * 1_048_576);
  let written = 0;
  await world.addPod("v1", (_, response) => {
    let offset = 0;
    const more = () => {
      while (offset < body.length) {
        const chunk = body.subarray(offset, (offset += 65_536));
        written = offset;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  await settle();
  const response = await new Promise<IncomingMessage>((resolve) =>
    httpRequest({ port, host: "127.0.0.1" }, resolve).end(),
  );
  await sleep(300);
  expect(written).toBeLessThan(20 * 1_048_576);
  const sum = createHash("sha256");
  for await (const chunk of response) sum.update(chunk as Buffer);
  expect(sum.digest("hex")).toBe(hash(body));
});

test("a client that goes away takes its upstream request with it, and is logged as DC", async () => {
  let aborted = false;
  let begun = false;
  await world.addPod("v1", (_, response) => {
    begun = true;
    response.on("close", () => (aborted = !response.writableFinished));
  });
  await settle();
  const going = new AbortController();
  const request = get("/", { signal: going.signal });
  await expect.poll(() => begun).toBe(true);
  going.abort();
  await expect(request).rejects.toThrow();
  await expect.poll(() => aborted).toBe(true);
  expect(await gateway.dataPlane.inFlight("default", "echo-v1")).toBe(0);
  expect(await countLine(gateway, /response_code="0".*response_flags="DC".* 1$/)).toBeDefined();
});

test("stop lets running requests finish and takes no new connection", async () => {
  let held: (() => void) | undefined;
  await world.addPod("v1", (_, response) => void (held = () => response.end("finished")));
  await settle();
  const agent = new Agent({ keepAlive: true });
  const running = new Promise<IncomingMessage>((resolve, reject) =>
    httpRequest({ port, host: "127.0.0.1", agent }, resolve).on("error", reject).end(),
  );
  await expect.poll(() => held !== undefined).toBe(true);
  const stopped = gateway.stop();
  await expect(get()).rejects.toThrow();
  held!();
  const answer = await running;
  expect([answer.statusCode, answer.headers.connection, await text(answer)]).toEqual([200, "close", "finished"]);
  await stopped;
  agent.destroy();
});

const echoHash: RequestListener = (request, response) => {
  const sum = createHash("sha256");
  request.on("data", (chunk: Buffer) => sum.update(chunk));
  request.on("end", () => response.end(sum.digest("hex")));
};

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
