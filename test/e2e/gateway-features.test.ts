// What a route does beside forwarding, with real sockets: faults, mirrors, CORS, traffic policies, WebSockets.

import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DESTINATION_RULES } from "../../src/core/kubernetes/resource.ts";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { countLine, startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster } from "../../testbed/gateway/world.ts";

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let url: string;

const TO_ECHO: HttpRoute = { route: [{ destination: { host: "echo" } }] };

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([TO_ECHO]);
  gateway = await startTestGateway(world.cluster);
  url = `http://127.0.0.1:${gateway.localPorts[80]!}`;
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

async function route(...http: HttpRoute[]): Promise<void> {
  await world.route(http);
  await sleep(20);
}

async function get(path = "/", init: RequestInit = {}) {
  const response = await fetch(url + path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test("an abort is answered without the upstream, in the Service's name; header operations apply", async () => {
  let calls = 0;
  await world.addPod("v1", (_, response) => {
    calls++;
    response.end("ok");
  });
  const fault = { abort: { httpStatus: 418, percentage: { value: 100 } } };
  await route({ ...TO_ECHO, fault, headers: { response: { set: { "x-a": "1" } } } });
  const { status, text, headers } = await get("/", { method: "POST", body: "x".repeat(100_000) });
  expect([status, text, headers.get("x-a"), calls]).toEqual([418, "fault filter abort", "1", 0]);
  expect(
    await countLine(gateway, /destination_service_name="echo".*response_code="418".*response_flags="FI".* 1$/),
  ).toBeDefined();
});

test("a share of requests is aborted", async () => {
  await world.addPod("v1");
  await route({ ...TO_ECHO, fault: { abort: { httpStatus: 503, percentage: { value: 25 } } } });
  const statuses = await Promise.all(Array.from({ length: 400 }, async () => (await get()).status));
  const aborted = statuses.filter((status) => status === 503).length;
  expect(aborted).toBeGreaterThan(60);
  expect(aborted).toBeLessThan(140);
});

test("a delay passes before the time limit begins, and the body arrives whole after it", async () => {
  await world.addPod("v1", (request, response) => void request.pipe(response));
  const delay = { fixedDelay: "120ms", percentage: { value: 100 } };
  await route({ ...TO_ECHO, timeout: "100ms", fault: { delay } });
  const start = performance.now();
  const body = "y".repeat(200_000);
  const { status, text } = await get("/", { method: "POST", body });
  expect([status, text === body]).toEqual([200, true]);
  expect(performance.now() - start).toBeGreaterThan(115);
  expect(await countLine(gateway, /response_code="200".*response_flags="DI".* 1$/)).toBeDefined();
});

test("a client that leaves while it is delayed costs no upstream request", async () => {
  let calls = 0;
  await world.addPod("v1", (_, response) => {
    calls++;
    response.end("ok");
  });
  await route({ ...TO_ECHO, fault: { delay: { fixedDelay: "80ms", percentage: { value: 100 } } } });
  await expect(get("/", { signal: AbortSignal.timeout(30) })).rejects.toThrow();
  await sleep(120);
  expect(calls).toBe(0);
  expect(await countLine(gateway, /response_code="0".*response_flags="DI,DC".* 1$/)).toBeDefined();
});

interface Seen {
  method: string;
  url: string;
  host: string | undefined;
  internal: unknown;
  body: string;
}

/** A pod that keeps what it is sent. */
async function recorder(version: string, answer: (response: ServerResponse) => void): Promise<Seen[]> {
  const seen: Seen[] = [];
  await world.addPod(version, (request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method: method!, url: url!, host: headers.host, internal: headers["x-envoy-internal"], body });
      answer(response);
    });
  });
  return seen;
}

const V1_TO_V2: HttpRoute = {
  route: [{ destination: { host: "echo", subset: "v1" } }],
  mirror: { host: "echo", subset: "v2" },
};

test("a mirror gets the whole request; whatever it does, the client sees only the destination's answer", async () => {
  const real = await recorder("v1", (response) => response.end("real"));
  const shadow = await recorder("v2", (response) => response.writeHead(500).end("shadow"));
  await route({ ...V1_TO_V2, rewrite: { uri: "/new" }, match: [{ uri: { prefix: "/old" } }] });
  const body = "z".repeat(300_000);
  expect((await get("/old/a?x=1", { method: "POST", body })).text).toBe("real");
  await vi.waitFor(() => expect(shadow).toHaveLength(1));
  expect(real).toEqual([{ method: "POST", url: "/new/a?x=1", host: new URL(url).host, internal: undefined, body }]);
  expect(shadow).toEqual([{ ...real[0], internal: "true" }]);
  expect(await countLine(gateway, /destination_workload="echo-v2"/)).toBeUndefined();
});

test("a mirror that hangs, refuses or does not exist costs the client nothing", async () => {
  await recorder("v1", (response) => response.end("real"));
  await recorder("v2", () => {});
  const dead = await world.addPod("v2");
  await new Promise((resolve) => dead.server.close(resolve));
  await route({
    ...V1_TO_V2,
    mirror: undefined,
    mirrors: [
      { destination: { host: "echo", subset: "v2" } },
      { destination: { host: "echo", subset: "v2" } },
      { destination: { host: "echo", subset: "v9" } },
    ],
  });
  for (let i = 0; i < 20; i++) expect((await get("/", { method: "POST", body: "x" })).text).toBe("real");
});

test("a mirror that does not read is given up, and a large body still arrives", async () => {
  const real = await recorder("v1", (response) => response.end("real"));
  await world.addPod("v2", () => {});
  await route(V1_TO_V2);
  const body = "z".repeat(8_000_000);
  expect((await get("/", { method: "POST", body })).text).toBe("real");
  expect(real[0]!.body.length).toBe(body.length);
});

test("only a share is mirrored where a percentage says so", async () => {
  await recorder("v1", (response) => response.end());
  const shadow = await recorder("v2", (response) => response.end());
  await route({ ...V1_TO_V2, mirrorPercentage: { value: 25 } });
  for (let i = 0; i < 200; i++) await get();
  await sleep(50);
  expect(shadow.length).toBeGreaterThan(25);
  expect(shadow.length).toBeLessThan(80);
});

test("a preflight is answered without the backend and without the route's header operations; other answers are marked", async () => {
  const seen = await recorder("v1", (response) => response.setHeader("access-control-allow-origin", "*").end());
  const corsPolicy = { allowOrigins: [{ exact: "http://a.test" }], allowMethods: ["PUT"], maxAge: "60s" };
  await route({ ...TO_ECHO, corsPolicy, headers: { response: { set: { "x-a": "1" } } } });
  const origin = { origin: "http://a.test" };
  const preflight = await get("/", {
    method: "OPTIONS",
    headers: { ...origin, "access-control-request-method": "PUT" },
  });
  expect([preflight.status, preflight.text, seen.length]).toEqual([200, "", 0]);
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    "access-control-allow-origin": "http://a.test",
    "access-control-allow-methods": "PUT",
    "access-control-max-age": "60",
  });
  expect(preflight.headers.get("x-a")).toBeNull();
  const put = await get("/", { method: "PUT", body: "x", headers: origin });
  expect([put.headers.get("access-control-allow-origin"), put.headers.get("x-a")]).toEqual(["http://a.test", "1"]);
  expect((await get()).headers.get("access-control-allow-origin")).toBe("*");
  await world.removePod(world.pods[0]!);
  await sleep(20);
  const failed = await get("/", { headers: origin });
  expect([failed.status, failed.headers.get("access-control-allow-origin")]).toEqual([503, "http://a.test"]);
});

async function trafficPolicy(policy: object): Promise<void> {
  const body = { spec: { trafficPolicy: policy } };
  await world.cluster.patch(DESTINATION_RULES, { namespace: "default", name: "echo" }, { type: "merge", body });
  await sleep(20);
}

test("equal headers stay with one endpoint, and a cookie that was given keeps its client there", async () => {
  for (let i = 0; i < 4; i++) await world.addPod("v1", (_, response) => response.end(`pod-${i}`));
  await trafficPolicy({ loadBalancer: { consistentHash: { httpHeaderName: "x-user" } } });
  const podsOf = async (headers: Record<string, string>) =>
    new Set(await Promise.all(Array.from({ length: 12 }, async () => (await get("/", { headers })).text)));
  const users = await Promise.all(Array.from({ length: 12 }, (_, i) => podsOf({ "x-user": `u${i}` })));
  expect(users.every((pods) => pods.size === 1)).toBe(true);
  expect(new Set(users.flatMap((pods) => [...pods])).size).toBeGreaterThan(1);
  await trafficPolicy({
    loadBalancer: { consistentHash: { httpHeaderName: null, httpCookie: { name: "s", ttl: "60s" } } },
  });
  const first = await get();
  const cookie = first.headers.get("set-cookie")!;
  expect(cookie).toMatch(/^s="[0-9a-f]{16}"; Max-Age=60; HttpOnly$/);
  expect(await podsOf({ cookie: cookie.split(";")[0]! })).toEqual(new Set([first.text]));
  expect((await get("/", { headers: { cookie: "s=mine" } })).headers.get("set-cookie")).toBeNull();
});

test("an endpoint that fails in a row gets nothing for a while, and comes back", async () => {
  let calls = 0;
  await world.addPod("v1", (_, response) => {
    calls++;
    response.writeHead(calls > 2 ? 200 : 500).end("one");
  });
  const policy = { consecutive5xxErrors: 2, interval: "100ms", baseEjectionTime: "200ms", maxEjectionPercent: 100 };
  await trafficPolicy({ outlierDetection: policy });
  expect([(await get()).status, (await get()).status]).toEqual([500, 500]);
  expect(await get()).toMatchObject({ status: 503, text: "no healthy upstream" });
  expect(calls).toBe(2);
  await sleep(320);
  expect((await get()).status).toBe(200);
});

test("beyond the connections and the queue requests get 503 UO, and those that wait are served in turn", async () => {
  const open = { now: 0, most: 0 };
  await world.addPod("v1", (_, response) => {
    open.most = Math.max(open.most, ++open.now);
    setTimeout(() => {
      open.now--;
      response.end("ok");
    }, 400);
  });
  await trafficPolicy({ connectionPool: { tcp: { maxConnections: 2 }, http: { http1MaxPendingRequests: 1 } } });
  // One after the other: whose connection is still being made counts as waiting, too.
  const asked: ReturnType<typeof get>[] = [];
  for (let i = 0; i < 6; i++) {
    asked.push(get());
    await sleep(30);
  }
  const answers = await Promise.all(asked);
  const refused = answers.filter(({ status }) => status === 503);
  expect([answers.length - refused.length, open.most]).toEqual([3, 2]);
  for (const { text, headers } of refused) {
    expect(text).toBe("upstream connect error or disconnect/reset before headers. reset reason: overflow");
    expect(headers.get("x-envoy-overloaded")).toBe("true");
  }
  expect(await countLine(gateway, /response_code="503".*response_flags="UO".* 3$/)).toBeDefined();
  expect((await get()).status).toBe(200);
});

test("a burst on cold connections overflows where those that are being made fill the queue, as with Envoy", async () => {
  await world.addPod("v1", (_, response) => void setTimeout(() => response.end("ok"), 100));
  await trafficPolicy({ connectionPool: { http: { http1MaxPendingRequests: 1 } } });
  const head = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
  const port = Number(new URL(url).port);
  // All in one turn of the gateway's loop: the connections are there before, the requests come together.
  const sockets = await Promise.all(Array.from({ length: 5 }, () => open(port)));
  const answers = sockets.map(
    (socket) => new Promise<string>((resolve) => socket.once("data", (text) => resolve(String(text)))),
  );
  for (const socket of sockets) socket.write(head);
  const codes = (await Promise.all(answers)).map((text) => text.slice(9, 12));
  for (const socket of sockets) socket.destroy();
  expect(codes.filter((code) => code === "200").length).toBeGreaterThanOrEqual(1);
  expect(codes.filter((code) => code === "503").length).toBeGreaterThanOrEqual(2);
});

test("one retry too many of a cluster is not made, and the answer at hand is given with UO", async () => {
  let calls = 0;
  await world.addPod("v1", (_, response) => {
    calls++;
    response.writeHead(503).end("no");
  });
  await trafficPolicy({ connectionPool: { http: { maxRetries: 1 } } });
  await route({ ...TO_ECHO, retries: { attempts: 1, retryOn: "5xx", backoff: "300ms" } });
  const answers = await Promise.all(Array.from({ length: 4 }, () => get()));
  expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(4).fill("503 no"));
  expect(calls).toBe(5);
  expect(await countLine(gateway, /response_code="503".*response_flags="UO".* 3$/)).toBeDefined();
  expect(await countLine(gateway, /response_code="503".*response_flags="URX".* 1$/)).toBeDefined();
  // The place is free again.
  await get();
  expect(calls).toBe(7);
});

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket)).on("error", reject);
  });
}

test("a connection is used for so many requests only", async () => {
  const ports = new Set<number>();
  await world.addPod("v1", (request, response) => {
    ports.add(request.socket.remotePort!);
    response.end("ok");
  });
  await trafficPolicy({ connectionPool: { http: { maxRequestsPerConnection: 2 } } });
  for (let i = 0; i < 6; i++) expect((await get()).status).toBe(200);
  expect(ports.size).toBe(3);
});

/** Asks for a WebSocket with raw bytes; resolves with everything that came, once the connection has ended. */
function webSocket(path: string, send: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    socket.on("close", () => resolve(text)).on("error", reject);
    socket.write(
      `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: k\r\nsec-websocket-version: 13\r\n\r\nearly`,
    );
    send(socket);
  });
}

/** A pod that echoes bytes after the upgrade and ends at "bye". */
async function webSocketPod(): Promise<void> {
  const pod = await world.addPod("v1", (_, response) => response.writeHead(426).end("no WebSocket here"));
  pod.server.on("upgrade", (request, socket: Socket) => {
    if (request.url === "/refuse") return void socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${String(request.headers["sec-websocket-key"])}!\r\n\r\nhello `,
    );
    socket.on("data", (chunk: Buffer) => (chunk.includes("bye") ? socket.end("bye") : socket.write(chunk)));
    socket.on("error", () => {});
  });
}

test("a WebSocket passes both ways for longer than any time limit, and is counted as 101 when it ends", async () => {
  await webSocketPod();
  await route({ ...TO_ECHO, timeout: "50ms", headers: { response: { set: { "x-a": "1" } } } });
  const answer = await webSocket("/", (socket) => {
    setTimeout(() => socket.write(" later"), 120);
    setTimeout(() => socket.write("bye"), 160);
  });
  const [head, body] = answer.split("\r\n\r\n") as [string, string];
  expect(head.split("\r\n").filter((line) => !line.startsWith("date"))).toEqual([
    "HTTP/1.1 101 Switching Protocols",
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-accept: k!",
    "x-a: 1",
    "server: istio-envoy",
  ]);
  expect(body).toBe("hello early laterbye");
  await vi.waitFor(async () =>
    expect(await countLine(gateway, /response_code="101".*response_flags="-".* 1$/)).toBeDefined(),
  );
});

test("a client that ends its WebSocket ends the backend's, too", async () => {
  await webSocketPod();
  await webSocket("/", (socket) => setTimeout(() => socket.end(), 60));
  await vi.waitFor(async () =>
    expect(await countLine(gateway, /response_code="101".*response_flags="DC".* 1$/)).toBeDefined(),
  );
});

test("an upgrade that is refused, has no route or no backend is answered as any request, and the connection ends", async () => {
  await webSocketPod();
  await route(
    { ...TO_ECHO, match: [{ uri: { exact: "/refuse" } }] },
    { match: [{ uri: { exact: "/nobody" } }], route: [{ destination: { host: "nobody" } }] },
  );
  const first = async (path: string) => (await webSocket(path, () => {})).split("\r\n")[0];
  expect(await webSocket("/refuse", () => {})).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[^]*connection: close\r\n\r\nno$/);
  expect([await first("/nobody"), await first("/none")]).toEqual([
    "HTTP/1.1 503 Service Unavailable",
    "HTTP/1.1 404 Not Found",
  ]);
});

test("stopping the gateway ends a WebSocket", async () => {
  await webSocketPod();
  const ended = webSocket("/", () => {});
  await sleep(60);
  await gateway.stop();
  expect(await ended).toContain("hello early");
}, 10_000);
