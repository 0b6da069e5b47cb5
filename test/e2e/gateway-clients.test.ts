// The gateway towards its clients: what Envoy 1.40 answers to the same bytes (ingress configuration of istiod 1.31).

import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster, realClock, silentLog } from "../../testbed/gateway/world.ts";

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let port: number;

beforeAll(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([
    { match: [{ uri: { prefix: "/none" } }], directResponse: { status: 218, body: { string: "hello" } } },
    { match: [{ uri: { prefix: "/old" } }], redirect: { uri: "/new" } },
    {
      match: [{ uri: { prefix: "/rw/" } }],
      rewrite: { uri: "/other/", authority: "rewritten.example" },
      headers: {
        request: { remove: ["X-Gone"], set: { "x-set": "a" }, add: { "X-Add": "b" } },
        response: { add: { "x-up": "2" }, remove: ["x-secret"] },
      },
      route: [{ destination: { host: "echo" } }],
    },
    { match: [{ uri: { prefix: "/e" } }, { uri: { exact: "/" } }], route: [{ destination: { host: "echo" } }] },
  ]);
  await world.addPod("v1", (request, response) => {
    let bytes = 0;
    const sum = createHash("sha256");
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      sum.update(chunk);
    });
    request.on("end", () => {
      response.setHeader("X-Up", "1").setHeader("Server", "mine").setHeader("X-Secret", "s");
      if (request.url === "/empty") return response.writeHead(204).end();
      if (request.url === "/etrailer") {
        // Node's own server would not write it.
        return request.socket.end("HTTP/1.1 200 OK\r\ntrailer: x-t\r\ncontent-length: 2\r\n\r\nok");
      }
      if (request.url === "/echunked") {
        response.write("one,");
        return response.end("two");
      }
      response.end(
        JSON.stringify({
          m: request.method,
          u: request.url,
          h: request.rawHeaders,
          n: bytes,
          sha256: sum.digest("hex"),
        }),
      );
    });
  });
  gateway = await startTestGateway(world.cluster);
  port = gateway.localPorts[80]!;
});

afterAll(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

/** Sends bytes, returns all bytes that come back within a moment; " <closed>" when the gateway ended the connection. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  const state = { closed: false };
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.on("error", () => {});
  socket.on("close", () => (state.closed = true));
  socket.write(bytes);
  for (let i = 0; i < 10 && !state.closed; i++) await sleep(10);
  socket.destroy();
  return (
    answer
      .replace(/^date: .*\r\n/m, "")
      .replace(/^x-envoy-upstream-service-time: \d+/m, "x-envoy-upstream-service-time: N") +
    (state.closed ? " <closed>" : "")
  );
}

/** What the upstream saw. */
async function seen(bytes: string): Promise<{ m: string; u: string; h: Record<string, string>; n: number }> {
  const answer = await raw(bytes);
  const json = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1)) as {
    m: string;
    u: string;
    h: string[];
    n: number;
  };
  const headers: Record<string, string> = {};
  for (let i = 0; i < json.h.length; i += 2)
    headers[json.h[i]!] =
      `${headers[json.h[i]!] ?? ""}${headers[json.h[i]!] === undefined ? "" : "|"}${json.h[i + 1]!}`;
  return { ...json, h: headers };
}

const BAD =
  "HTTP/1.1 400 Bad Request\r\ncontent-length: 11\r\ncontent-type: text/plain\r\nserver: istio-envoy\r\nconnection: close\r\n\r\nBad Request <closed>";

const REFUSED: [string, string, string | RegExp][] = [
  ["garbage", "GARBAGE\r\n\r\n", BAD],
  [
    "HTTP/1.0",
    "GET /e HTTP/1.0\r\nhost: a\r\n\r\n",
    /^HTTP\/1.1 426 Upgrade Required\r\n[^]*connection: close\r\n\r\nUpgrade Required <closed>$/,
  ],
  ["no Host", "GET /e HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 Bad Request\r\n[^]*connection: close\r\n\r\n <closed>$/],
  ["two Hosts", "GET /e HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", /^HTTP\/1.1 400 /],
  [
    "length and chunked",
    "POST /e HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    BAD,
  ],
  ["a length that is none", "POST /e HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n", BAD],
  ["a space before the colon", "GET /e HTTP/1.1\r\nhost : a\r\n\r\n", BAD],
  [
    "101 headers",
    `GET /e HTTP/1.1\r\nhost: a\r\n${"h: 1\r\n".repeat(101)}\r\n`,
    /^HTTP\/1.1 431 [^]*Request Header Fields Too Large <closed>$/,
  ],
  [
    "61 KiB of headers",
    `GET /e HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(62_464)}\r\n\r\n`,
    /^HTTP\/1.1 431 [^]*Request Header Fields Too Large <closed>$/,
  ],
  ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n", /^HTTP\/1.1 404 /],
  ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", /^HTTP\/1.1 404 /],
];

test.each(REFUSED)("%s is refused", async (_, bytes, answer) => {
  expect(await raw(bytes)).toMatch(answer);
});

test("no route: 404 with an empty body, and the connection stays", async () => {
  expect(await raw("GET /zzz HTTP/1.1\r\nhost: a\r\n\r\n")).toBe(
    "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nserver: istio-envoy\r\n\r\n",
  );
});

test("an answer carries the upstream's headers in lower case, Envoy's own, and nothing of Node's", async () => {
  const answer = await raw("GET /empty HTTP/1.1\r\nhost: a\r\n\r\n");
  expect(answer).toBe(
    "HTTP/1.1 204 No Content\r\nx-up: 1\r\nx-secret: s\r\nx-envoy-upstream-service-time: N\r\nserver: istio-envoy\r\n\r\n",
  );
});

test("the upstream sees the client's headers, the host, and what a gateway adds", async () => {
  const { h, u, m } = await seen(
    "GET /e?q=1 HTTP/1.1\r\nHost: Shop.Example:8080\r\nX-Thing: Yes\r\nX-Request-Id: mine\r\nX-Forwarded-For: 1.2.3.4\r\nx-forwarded-proto: https\r\nx-envoy-retry-on: 5xx\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n",
  );
  expect([m, u]).toEqual(["GET", "/e?q=1"]);
  expect(h).toMatchObject({
    host: "Shop.Example:8080",
    "x-thing": "Yes",
    "x-forwarded-for": "1.2.3.4,127.0.0.1",
    "x-forwarded-proto": "http",
    "x-envoy-external-address": "127.0.0.1",
    "x-envoy-attempt-count": "1",
  });
  expect(h["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(Object.keys(h).filter((name) => ["x-hop", "x-envoy-retry-on"].includes(name))).toEqual([]);
});

test("rewrites and header operations, as Envoy orders them", async () => {
  const bytes = "GET /rw/a?b HTTP/1.1\r\nhost: a:80\r\nx-gone: 1\r\nx-add: z\r\nx-set: q\r\n\r\n";
  const { h, u } = await seen(bytes);
  expect(u).toBe("/other/a?b");
  expect(h).toMatchObject({
    host: "rewritten.example",
    "x-set": "a",
    "x-add": "z|b",
    "x-envoy-original-host": "a:80",
    "x-envoy-original-path": "/rw/a?b",
  });
  expect(h["x-gone"]).toBeUndefined();
  const answer = await raw(bytes);
  expect(answer).toMatch(/\r\nx-up: 1\r\n[^]*\r\nx-up: 2\r\n/);
  expect(answer).not.toContain("x-secret");
});

test.each([
  ["dot segments, escaped ones too", "/e/../e/%2e%2e/e2", "/e2"],
  ["double slashes stay", "/e//x/./y?a=b", "/e//x/y?a=b"],
  ["climbing stops at the root", "/../../e", "/e"],
  ["backslashes", "/e\\..\\e", "/e"],
  ["needless escapes", "/e%41%7e%2f", "/eA~%2f"],
  ["the absolute form", "http://other.example/e?x", "/e?x"],
])("paths are normalized: %s", async (_, target, path) => {
  const { u, h } = await seen(`GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`);
  expect([u, h["host"]]).toEqual([path, target.startsWith("http") ? "other.example" : "a"]);
});

test("redirects and direct responses", async () => {
  expect(await raw("GET /old?x=1 HTTP/1.1\r\nhost: a:8080\r\n\r\n")).toBe(
    "HTTP/1.1 301 Moved Permanently\r\nlocation: http://a:8080/new?x=1\r\ncontent-length: 0\r\nserver: istio-envoy\r\n\r\n",
  );
  expect(await raw("GET /none HTTP/1.1\r\nhost: a\r\n\r\n")).toBe(
    "HTTP/1.1 218 Unknown\r\ncontent-length: 5\r\ncontent-type: text/plain\r\nserver: istio-envoy\r\n\r\nhello",
  );
});

test("HEAD has no body, a chunked answer stays chunked, and connection: close closes", async () => {
  expect(await raw("HEAD /e HTTP/1.1\r\nhost: a\r\n\r\n")).toMatch(/\r\n\r\n$/);
  expect(await raw("GET /echunked HTTP/1.1\r\nhost: a\r\n\r\n")).toMatch(
    /transfer-encoding: chunked\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n$/i,
  );
  expect(await raw("GET /empty HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).toMatch(
    /connection: close\r\n\r\n <closed>$/,
  );
});

test("Expect: 100-continue gets its 100 before the body is sent", async () => {
  const answer = await raw("POST /e HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc");
  expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
  expect(answer).toContain('"n":3');
});

test("an answer that announces trailers where none can follow is an answer all the same", async () => {
  expect(await raw("GET /etrailer HTTP/1.1\r\nhost: a\r\n\r\n")).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nok$/);
});

test("pipelined requests are answered in order", async () => {
  const answer = await raw(
    "GET /e1 HTTP/1.1\r\nhost: a\r\n\r\nGET /zzz HTTP/1.1\r\nhost: a\r\n\r\nGET /e2 HTTP/1.1\r\nhost: a\r\n\r\n",
  );
  expect([...answer.matchAll(/HTTP\/1.1 (\d+)|"u":"([^"]+)"/g)].map(([, code, path]) => code ?? path)).toEqual([
    "200",
    "/e1",
    "404",
    "200",
    "/e2",
  ]);
});

test("chunked bodies of any size arrive whole", async () => {
  const body = randomBytes(2_000_000);
  const stream = new ReadableStream({
    start(controller) {
      for (let i = 0; i < body.length; i += 70_001) controller.enqueue(body.subarray(i, i + 70_001));
      controller.close();
    },
  });
  const response = await fetch(`http://127.0.0.1:${port}/e`, {
    method: "POST",
    body: stream,
    duplex: "half",
  });
  expect(await response.json()).toMatchObject({
    n: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
  });
});

test("localhost answers whatever family it resolves to; addresses that others can reach do not", async () => {
  expect((await fetch(`http://localhost:${port}/empty`)).status).toBe(204);
  const outside = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  for (const { address } of outside) await expect(fetch(`http://${address}:${port}/empty`)).rejects.toThrow();
});

test("a port in use is a clear error with its cure", async () => {
  const second = startGateway({
    cluster: sandbox.cluster,
    clock: realClock,
    log: silentLog,
    ports: { 80: port },
    statsPort: 0,
    seed: 1,
  });
  await expect(second).rejects.toThrow(`127.0.0.1:${port} is in use by another program. Stop that program`);
  await expect(second).rejects.toThrow("choose another port with --port");
});
