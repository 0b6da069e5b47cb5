// HTTP/2 through the gateway, with clients and servers that are not ours: Node's raw sessions on both sides, and curl.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import { connect as dial } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DESTINATION_RULES, SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { type Asking, askOver, type Reply, valuesOf, writeAll } from "../../testbed/gateway/http2-client.ts";
import { data, END_HEADERS, headers, POST, PREFACE, reset } from "../../testbed/gateway/http2-frames.ts";
import { countLine, startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster } from "../../testbed/gateway/world.ts";

const TO_ECHO: HttpRoute = { route: [{ destination: { host: "echo" } }] };

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let client: ClientHttp2Session;
const sessions: { destroy(): void }[] = [];

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([TO_ECHO]);
  gateway = await startTestGateway(world.cluster);
  client = openSession();
});

afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

function openSession(): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${gateway.localPorts[80]}`);
  session.on("error", () => {});
  sessions.push(session);
  return session;
}

/** The Service's port says so. */
async function speakHttp2(appProtocol: string | null = "kubernetes.io/h2c"): Promise<void> {
  const ports = [{ name: "http", port: 80, targetPort: 8080, appProtocol }];
  const key = { namespace: "default", name: "echo" };
  await world.cluster.patch(SERVICES, key, { type: "merge", body: { spec: { ports } } });
}

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: string[]) => void;

interface Http2Pod {
  sessions: number;
  open: Set<{ destroy(): void; goaway(code?: number): void }>;
}

async function http2Pod(answer: Answer, options: ServerOptions = {}, version = "v1"): Promise<Http2Pod> {
  const server: Http2Server = createServer(options);
  const pod: Http2Pod = { sessions: 0, open: new Set() };
  server.on("session", (session) => {
    pod.sessions++;
    pod.open.add(session);
    sessions.push(session);
    session.on("error", () => {});
    session.on("close", () => pod.open.delete(session));
  });
  server.on("stream", (stream, headers, _flags, raw?: string[]) => {
    stream.on("error", () => {});
    answer(stream, headers, raw ?? []);
  });
  await world.addServer(version, server);
  await sleep(30);
  return pod;
}

function ask(head: OutgoingHttpHeaders, asking?: Asking): Promise<Reply> {
  return askOver(client, head, asking);
}

/** Answers what it got: bytes, their hash, headers, trailers; with trailers of its own. */
const tell: Answer = (stream, _, raw) => {
  const sum = createHash("sha256");
  let bytes = 0;
  let trailers: IncomingHttpHeaders = {};
  stream.on("trailers", (got) => (trailers = { ...got }));
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    sum.update(chunk);
  });
  stream.on("end", () => {
    stream.respond({ ":status": 200, "x-many": ["1", "2"] }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "last" }));
    stream.end(JSON.stringify({ raw, bytes, sha256: sum.digest("hex"), trailers }));
  });
};

function told({ body }: Reply): { raw: string[]; bytes: number; sha256: string; trailers: Record<string, string> } {
  return JSON.parse(body.toString()) as never;
}

test("headers and trailers pass both ways, and the upstream sees what a gateway adds", async () => {
  await speakHttp2();
  await http2Pod(tell);
  const headers = { ":path": "/a?b", "x-thing": "Yes", te: "trailers", cookie: ["a=1", "b=2"], host: "other.example" };
  const reply = await ask(headers, { body: Buffer.from("hello"), trailers: { "x-check": "first" } });
  const { raw, trailers, bytes } = told(reply);
  expect([reply.status, valuesOf(reply.raw, "x-many"), valuesOf(reply.raw, "server")]).toEqual([
    200,
    ["1", "2"],
    ["istio-envoy"],
  ]);
  expect(reply.trailers).toMatchObject({ "x-sum": "last" });
  expect([bytes, trailers]).toEqual([5, { "x-check": "first" }]);
  const seen = Object.fromEntries(raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]]] : [])));
  expect(seen).toMatchObject({
    ":authority": "shop.example",
    ":path": "/a?b",
    ":scheme": "http",
    "x-thing": "Yes",
    te: "trailers",
    cookie: "a=1; b=2",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
    "x-envoy-attempt-count": "1",
  });
  expect(seen["host"]).toBeUndefined();
});

test("curl speaks HTTP/2 with prior knowledge on the port of HTTP/1.1, and both reach a pod that speaks HTTP/1.1", async () => {
  // It reads the body first: an answer that comes earlier, with the stop that follows it, curl 7.88 takes for an error, from Envoy, too.
  await world.addPod("v1", (request, response) => {
    request.resume().on("end", () => response.end(`${request.httpVersion} ${request.headers.host}`));
  });
  await sleep(30);
  const curl = async (...args: string[]) =>
    (await promisify(execFile)("curl", ["-s", "-w", " %{http_version} %{http_code}", ...args])).stdout;
  const url = `http://127.0.0.1:${gateway.localPorts[80]}/`;
  expect(await curl("--http2-prior-knowledge", "-H", "host: shop.example", url)).toBe("1.1 shop.example 2 200");
  expect(await curl("-H", "host: shop.example", url)).toBe("1.1 shop.example 1.1 200");
  expect(await curl("--http2-prior-knowledge", "-d", "x".repeat(70_000), "-H", "expect: 100-continue", url)).toMatch(
    / 2 200$/,
  );
});

test.each([
  ["HTTP/1.1", "HTTP/1.1"],
  ["HTTP/1.1", "HTTP/2"],
  ["HTTP/2", "HTTP/1.1"],
  ["HTTP/2", "HTTP/2"],
])("large bodies arrive whole: client %s, pod %s", async (from, to) => {
  if (to === "HTTP/2") await speakHttp2();
  const echo = (request: NodeJS.ReadableStream, response: NodeJS.WritableStream) => void request.pipe(response);
  if (to === "HTTP/2")
    await http2Pod((stream) => {
      stream.respond({ ":status": 200 });
      echo(stream, stream);
    });
  else await world.addPod("v1", echo);
  await sleep(30);
  const body = randomBytes(3_000_000);
  const url = `http://127.0.0.1:${gateway.localPorts[80]}/`;
  const got =
    from === "HTTP/2"
      ? (await ask({ ":path": "/" }, { body })).body
      : Buffer.from(await (await fetch(url, { method: "POST", body })).arrayBuffer());
  expect(got.equals(body)).toBe(true);
});

test("trailers stop where HTTP/1.1 begins, on either side, as in Envoy", async () => {
  const pod = await world.addPod("v1", (request, response) => {
    request.resume();
    request.on("end", () => {
      response.setHeader("trailer", "x-sum");
      response.write(JSON.stringify(request.trailers));
      response.addTrailers({ "x-sum": "1" });
      response.end();
    });
  });
  await sleep(30);
  const { body, trailers } = await ask({ ":path": "/" }, { body: Buffer.from("a"), trailers: { "x-check": "1" } });
  expect([body.toString(), trailers]).toEqual(["{}", undefined]);
  await world.removePod(pod);
  pod.server.close();
  await speakHttp2();
  await http2Pod(tell);
  const answer = await rawHttp1(
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx-check: 1\r\n\r\n",
  );
  expect(answer).toContain('"trailers":{}');
  expect(answer).toMatch(/0\r\n\r\n$/);
});

async function rawHttp1(bytes: string): Promise<string> {
  const socket = dial(gateway.localPorts[80]!, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(bytes);
  await expect.poll(() => answer.endsWith("0\r\n\r\n")).toBe(true);
  socket.destroy();
  return answer;
}

function finish(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200 });
  stream.end("ok");
}

test("many requests run at once on one connection, each way", async () => {
  await speakHttp2();
  const waiting: ServerHttp2Stream[] = [];
  const pod = await http2Pod((stream) => {
    waiting.push(stream);
    // Nobody is answered before everybody has asked.
    if (waiting.length === 60) for (const each of waiting) finish(each);
  });
  const replies = await Promise.all(Array.from({ length: 60 }, () => ask({ ":path": "/" })));
  expect(replies.every(({ status }) => status === 200)).toBe(true);
  expect(pod.sessions).toBe(1);
});

test("a pod that allows few requests at once gets more connections, not more requests", async () => {
  await speakHttp2();
  const running = new Map<unknown, number>();
  let most = 0;
  const pod = await http2Pod(
    (stream) => {
      const { session } = stream;
      running.set(session, (running.get(session) ?? 0) + 1);
      most = Math.max(most, running.get(session)!);
      setTimeout(() => {
        running.set(session, running.get(session)! - 1);
        stream.respond({ ":status": 200 });
        stream.end("ok");
      }, 80);
    },
    { settings: { maxConcurrentStreams: 2 } },
  );
  const replies = await Promise.all(Array.from({ length: 8 }, () => ask({ ":path": "/" })));
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  expect(most).toBe(2);
  expect(pod.sessions).toBeGreaterThanOrEqual(4);
});

test("connectionPool: requests at once per connection, and connections at most", async () => {
  await speakHttp2();
  const connectionPool = { tcp: { maxConnections: 2 }, http: { maxConcurrentStreams: 3 } };
  await world.cluster.patch(
    DESTINATION_RULES,
    { namespace: "default", name: "echo" },
    {
      type: "merge",
      body: { spec: { trafficPolicy: { connectionPool } } },
    },
  );
  let running = 0;
  let most = 0;
  const pod = await http2Pod((stream) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      stream.respond({ ":status": 200 });
      stream.end();
    }, 50);
  });
  const replies = await Promise.all(Array.from({ length: 20 }, () => ask({ ":path": "/" })));
  expect(replies.every(({ status }) => status === 200)).toBe(true);
  expect([pod.sessions, most]).toEqual([2, 6]);
});

test("a client that goes away takes its request with it, and nothing else", async () => {
  await speakHttp2();
  let gone = 0;
  await http2Pod((stream, headers) => {
    if (headers[":path"] === "/quick") return (stream.respond({ ":status": 200 }), stream.end("ok"));
    stream.on("close", () => gone++);
    if (headers[":path"] !== "/begun") return;
    stream.respond({ ":status": 200 });
    stream.write("x");
  });
  for (const path of ["/waiting", "/begun"]) {
    const stream = client.request({ ":path": path });
    stream.on("error", () => {});
    await sleep(60);
    stream.close(constants.NGHTTP2_CANCEL);
  }
  await expect.poll(() => gone).toBe(2);
  expect((await ask({ ":path": "/quick" })).body.toString()).toBe("ok");
  expect(await gateway.dataPlane.inFlight("default", "echo-v1")).toBe(0);
  expect(await countLine(gateway, /response_code="0".*response_flags="DC".* 1$/)).toBeDefined();
});

test.each(["HTTP/1.1", "HTTP/2"])(
  "a request that is given up in its middle does not look complete to a pod of %s",
  async (to) => {
    const seen: string[] = [];
    const note = (request: NodeJS.ReadableStream) => {
      request.resume();
      for (const event of ["end", "aborted"]) request.on(event, () => seen.push(event));
    };
    if (to === "HTTP/2") {
      await speakHttp2();
      await http2Pod(note);
    } else await world.addPod("v1", note);
    await sleep(30);
    for (const code of [constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR]) {
      seen.length = 0;
      // Raw frames, since Node would end the stream before it resets it.
      const socket = dial(gateway.localPorts[80]!, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(Buffer.concat([PREFACE, headers(END_HEADERS, 1, POST), data(1, "the first half")]));
      await sleep(60);
      socket.write(reset(1, code));
      await expect.poll(() => seen[0]).toBe("aborted");
      socket.destroy();
    }
  },
);

test("an answer that breaks off is reset, whatever the pod speaks and however much of it was written", async () => {
  await world.addPod("v1", (request, response) => {
    if (request.url === "/sized") response.setHeader("content-length", 100);
    response.write("part", () => setTimeout(() => request.socket.destroy(), 30));
  });
  await sleep(30);
  for (const path of ["/sized", "/chunked"]) {
    const { status, body, reset } = await ask({ ":path": path });
    expect([status, body.toString(), reset]).toEqual([200, "part", constants.NGHTTP2_INTERNAL_ERROR]);
  }
  await world.route([{ ...TO_ECHO, timeout: "10ms" }]);
  await sleep(30);
  expect((await ask({ ":path": "/late" })).reset).toBe(constants.NGHTTP2_INTERNAL_ERROR);
});

test("a slow reader holds back only what it does not read", async () => {
  await speakHttp2();
  let sent = 0;
  await http2Pod((stream, headers) => {
    stream.respond({ ":status": 200 });
    if (headers[":path"] === "/quick") return stream.end("ok");
    const fill = () => (sent += writeAll(stream, 64 * 1_048_576 - sent));
    stream.on("drain", fill);
    fill();
  });
  const slow = client.request({ ":path": "/endless" });
  slow.on("error", () => {});
  slow.pause();
  await sleep(600);
  // What the stream's windows and buffers hold, and then no more.
  const held = sent;
  expect(held).toBeLessThan(8 * 1_048_576);
  await sleep(150);
  expect(sent).toBe(held);
  expect((await ask({ ":path": "/quick" })).body.toString()).toBe("ok");
  slow.resume();
  await expect.poll(() => sent, { timeout: 10_000 }).toBeGreaterThanOrEqual(64 * 1_048_576);
  slow.close();
});

test("an upstream that does not read holds its client back", async () => {
  await speakHttp2();
  let stuck: ServerHttp2Stream | undefined;
  await http2Pod((stream) => {
    stuck = stream;
    stream.pause();
  });
  const stream = client.request({ ":path": "/", ":method": "POST" });
  stream.on("error", () => {});
  let sent = 0;
  const fill = () => (sent += writeAll(stream, 64 * 1_048_576 - sent));
  stream.on("drain", fill);
  fill();
  await sleep(600);
  expect(sent).toBeLessThan(8 * 1_048_576);
  expect(stuck).toBeDefined();
  stream.close();
});

test("what an upstream's reset means: before the answer 503 UR, after its beginning the client's stream is reset", async () => {
  await speakHttp2();
  await http2Pod((stream, headers) => {
    if (headers[":path"] === "/early") return stream.close(constants.NGHTTP2_CANCEL);
    // What follows never comes, so that the stream has no end before its reset.
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    const code = headers[":path"] === "/late" ? constants.NGHTTP2_INTERNAL_ERROR : constants.NGHTTP2_CANCEL;
    stream.write("part", () => setTimeout(() => stream.close(code), 20));
  });
  const early = await ask({ ":path": "/early" });
  expect([early.status, early.body.toString()]).toEqual([
    503,
    "upstream connect error or disconnect/reset before headers. reset reason: remote reset",
  ]);
  for (const path of ["/late", "/cancelled"]) {
    const late = await ask({ ":path": path });
    expect([late.status, late.body.toString(), late.reset]).toEqual([200, "part", constants.NGHTTP2_INTERNAL_ERROR]);
  }
  expect(await countLine(gateway, /response_code="503".*response_flags="UR".* 1$/)).toBeDefined();
  expect(await countLine(gateway, /response_code="200".*response_flags="UR".* 2$/)).toBeDefined();
});

test("a refused stream is tried elsewhere by default, body and all", async () => {
  await speakHttp2();
  await http2Pod((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  await http2Pod(tell);
  const body = randomBytes(200_000);
  const replies = await Promise.all(Array.from({ length: 12 }, () => ask({ ":path": "/" }, { body })));
  const sha256 = createHash("sha256").update(body).digest("hex");
  expect(replies.map((reply) => told(reply).sha256)).toEqual(replies.map(() => sha256));
});

test("connections that an upstream ends cost no request: GOAWAY, and endpoints that leave", async () => {
  await speakHttp2();
  const pod = await http2Pod((stream) => {
    stream.respond({ ":status": 200 });
    stream.end("ok");
  });
  const running = { on: true };
  const failed: Reply[] = [];
  const clients = Array.from({ length: 4 }, async () => {
    while (running.on) {
      const reply = await ask({ ":path": "/" });
      if (reply.status !== 200) failed.push(reply);
    }
  });
  for (let i = 0; i < 5; i++) {
    await sleep(30);
    for (const session of pod.open) session.goaway(constants.NGHTTP2_NO_ERROR);
  }
  running.on = false;
  await Promise.all(clients);
  expect(failed).toEqual([]);
  expect(pod.sessions).toBeGreaterThan(2);
});

test("an endpoint that leaves finishes what it has, and its connection ends", async () => {
  await speakHttp2();
  let finish: (() => void) | undefined;
  const pod = await http2Pod((stream) => {
    finish = () => {
      stream.respond({ ":status": 200 });
      stream.end("finished");
    };
  });
  const running = ask({ ":path": "/" });
  await expect.poll(() => finish !== undefined).toBe(true);
  world.pods[0]!.ready = false;
  await world.publish();
  await sleep(30);
  expect((await ask({ ":path": "/" })).body.toString()).toBe("no healthy upstream");
  finish!();
  expect((await running).body.toString()).toBe("finished");
  await expect.poll(() => pod.open.size).toBe(0);
});

test("a refused connection and a pod that speaks something else are Envoy's 503 and 502", async () => {
  await speakHttp2();
  const dead = await world.addPod("v1");
  await new Promise<void>((resolve) => dead.server.close(() => resolve()));
  await sleep(30);
  const refused = await ask({ ":path": "/" });
  expect([refused.status, refused.body.toString()]).toEqual([
    503,
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure",
  ]);
  await world.removePod(dead);
  await world.addPod("v1");
  await sleep(30);
  const other = await ask({ ":path": "/" });
  expect([other.status, other.body.toString()]).toEqual([
    502,
    "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
  ]);
});

test("what the pod is spoken to: h2UpgradePolicy, useClientProtocol, else HTTP/1.1", async () => {
  const pod = await http2Pod((stream) => {
    stream.respond({ ":status": 200 });
    stream.end("ok");
  });
  const rule = async (http: Record<string, unknown>) => {
    const body = { spec: { trafficPolicy: { connectionPool: { http } } } };
    await world.cluster.patch(DESTINATION_RULES, { namespace: "default", name: "echo" }, { type: "merge", body });
    await sleep(30);
  };
  const url = `http://127.0.0.1:${gateway.localPorts[80]}/`;
  expect((await ask({ ":path": "/" })).status).toBe(502);
  await rule({ h2UpgradePolicy: "UPGRADE" });
  expect([(await ask({ ":path": "/" })).status, (await fetch(url)).status]).toEqual([200, 200]);
  await rule({ h2UpgradePolicy: null, useClientProtocol: true });
  expect([(await ask({ ":path": "/" })).status, (await fetch(url)).status]).toEqual([200, 502]);
  expect(pod.sessions).toBeGreaterThan(0);
});

test("time limits, faults, redirects and answers without a body", async () => {
  await speakHttp2();
  await http2Pod((stream, headers) => {
    if (headers[":path"] === "/empty") stream.respond({ ":status": 204 }, { endStream: true });
  });
  await world.route([
    { match: [{ uri: { exact: "/slow" } }], ...TO_ECHO, timeout: "80ms" },
    { match: [{ uri: { exact: "/empty" } }], ...TO_ECHO },
    {
      match: [{ uri: { exact: "/fault" } }],
      ...TO_ECHO,
      fault: { abort: { httpStatus: 418, percentage: { value: 100 } } },
    },
    { match: [{ uri: { exact: "/old" } }], redirect: { uri: "/new" } },
  ]);
  await sleep(30);
  const short = async (path: string, method = "GET") => {
    const { status, body, endedWithHead, raw } = await ask({ ":path": path, ":method": method });
    return [status, body.toString(), endedWithHead, valuesOf(raw, "content-length")];
  };
  expect(await short("/slow")).toEqual([504, "upstream request timeout", false, ["24"]]);
  expect(await short("/fault")).toEqual([418, "fault filter abort", false, ["18"]]);
  expect(await short("/fault", "HEAD")).toEqual([418, "", true, ["18"]]);
  expect(await short("/old")).toEqual([301, "", true, []]);
  expect(await short("/nowhere")).toEqual([404, "", true, []]);
  expect(await short("/empty")).toEqual([204, "", true, []]);
});

test("an answer does not wait for the rest of the request: the client is told to stop", async () => {
  await world.route([{ directResponse: { status: 403, body: { string: "no" } } }]);
  await sleep(30);
  const stream = client.request({ ":path": "/", ":method": "POST" });
  const closed = new Promise<number | undefined>((resolve) => stream.on("close", () => resolve(stream.rstCode)));
  let body = "";
  stream.on("data", (chunk: Buffer) => (body += chunk.toString()));
  stream.on("error", () => {});
  stream.write("the beginning");
  expect([await closed, body]).toEqual([constants.NGHTTP2_NO_ERROR, "no"]);
});

test("a mirror gets the body and the trailers, too", async () => {
  await speakHttp2();
  const seen: Record<string, unknown>[] = [];
  const pod: Answer = (stream, headers, raw) => {
    const name = headers["x-envoy-internal"] === undefined ? "first" : "mirror";
    stream.on("trailers", (trailers) => seen.push({ name, ...trailers }));
    tell(stream, headers, raw);
  };
  await http2Pod(pod, {}, "v1");
  await world.route([{ ...TO_ECHO, mirror: { host: "echo" }, mirrorPercentage: { value: 100 } }]);
  await sleep(30);
  await ask({ ":path": "/" }, { body: Buffer.from("hello"), trailers: { "x-check": "1" } });
  await expect.poll(() => new Set(seen.map(({ name }) => name))).toEqual(new Set(["first", "mirror"]));
  expect(seen.every((each) => each["x-check"] === "1")).toBe(true);
});

test("stopping the gateway lets running requests finish and takes no new ones", async () => {
  await speakHttp2();
  let finish: (() => void) | undefined;
  await http2Pod((stream) => {
    finish = () => {
      stream.respond({ ":status": 200 });
      stream.end("finished");
    };
  });
  let toldToGo = false;
  client.on("goaway", () => (toldToGo = true));
  const running = ask({ ":path": "/" });
  await expect.poll(() => finish !== undefined).toBe(true);
  const stopped = gateway.stop();
  await expect.poll(() => toldToGo).toBe(true);
  finish!();
  expect((await running).body.toString()).toBe("finished");
  await stopped;
});

test("headers beyond Envoy's limits reset the stream, and the connection goes on", async () => {
  await world.addPod("v1");
  await sleep(30);
  const large = await ask({ ":path": "/", "x-large": "a".repeat(61_500) });
  const many = await ask({
    ":path": "/",
    ...Object.fromEntries(Array.from({ length: 110 }, (_, i) => [`x-${i}`, "1"])),
  });
  expect([large.reset, many.reset]).toEqual([constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_INTERNAL_ERROR]);
  expect((await ask({ ":path": "/" })).status).toBe(200);
});
