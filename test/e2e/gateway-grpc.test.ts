// gRPC through the gateway with grpc-js on both sides: calls of every kind, errors, deadlines, cancels, retries, and the gateway's own
// answers as such a client sees them.

import { setTimeout as sleep } from "node:timers/promises";
import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { countLine, startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster } from "../../testbed/gateway/world.ts";

const TO_ECHO: HttpRoute = { route: [{ destination: { host: "echo" } }] };

/** Messages are bytes: there is no schema. */
const bytes = (message: Buffer) => message;
const method = (name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  ...{ path: `/test.Echo/${name}`, requestStream, responseStream },
  ...{ requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes },
});
const SAY = method("Say", false, false);
const COLLECT = method("Collect", true, false);
const COUNT = method("Count", false, true);
const CHAT = method("Chat", true, true);

type Say = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void;

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;
let client: Client;
const servers: Server[] = [];

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([TO_ECHO]);
  const ports = [{ name: "http", port: 80, targetPort: 8080, appProtocol: "grpc" }];
  const key = { namespace: "default", name: "echo" };
  await world.cluster.patch(SERVICES, key, {
    type: "merge",
    body: { spec: { ports } },
  });
  gateway = await startTestGateway(world.cluster);
  client = new Client(`127.0.0.1:${gateway.localPorts[80]}`, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  for (const server of servers.splice(0)) server.forceShutdown();
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

async function grpcPod(version: string, handlers: Record<string, unknown>): Promise<void> {
  const server = new Server();
  const definitions = Object.fromEntries([SAY, COLLECT, COUNT, CHAT].map((each) => [each.path.split("/")[2]!, each]));
  server.addService(definitions, handlers as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  servers.push(server);
  await world.addPort(version, port, undefined);
  await sleep(30);
}

interface Said {
  message: string | undefined;
  error: ServiceError | undefined;
  head: Metadata | undefined;
  trailers: Metadata | undefined;
}

function say(text: string, options: { deadline?: Date; metadata?: Metadata; path?: string } = {}): Promise<Said> {
  return new Promise((resolve) => {
    const said: Said = { message: undefined, error: undefined, head: undefined, trailers: undefined };
    const { metadata = new Metadata(), path = SAY.path, deadline } = options;
    const call = client.makeUnaryRequest(
      ...([path, bytes, bytes, Buffer.from(text), metadata, deadline === undefined ? {} : { deadline }] as const),
      (error, message?: Buffer) => {
        said.error = error ?? undefined;
        said.message = message?.toString();
      },
    );
    call.on("metadata", (head) => (said.head = head));
    call.on("status", ({ metadata: trailers }) => {
      said.trailers = trailers;
      setImmediate(() => resolve(said));
    });
  });
}

test("one message each way, with metadata before and after", async () => {
  await grpcPod("v1", {
    Say(call, done) {
      const head = new Metadata();
      head.set("x-head", "1");
      head.set("x-data-bin", Buffer.from([0, 255]));
      call.sendMetadata(head);
      const trailer = new Metadata();
      trailer.set("x-trailer", "2");
      const heard = [call.request.toString(), String(call.metadata.get("x-asked")[0]), call.getHost()];
      done(null, Buffer.from(heard.join(" ")), trailer);
    },
  } satisfies { Say: Say });
  const metadata = new Metadata();
  metadata.set("x-asked", "yes");
  const { message, error, head, trailers } = await say("hello", { metadata });
  expect([error, message]).toEqual([undefined, `hello yes 127.0.0.1:${gateway.localPorts[80]}`]);
  expect([head?.get("x-head"), head?.get("x-data-bin"), trailers?.get("x-trailer")]).toEqual([
    ["1"],
    [Buffer.from([0, 255])],
    ["2"],
  ]);
  expect(
    await countLine(
      gateway,
      /destination_workload="echo-v1".*request_protocol="grpc".*response_code="200".*grpc_response_status="0".* 1$/,
    ),
  ).toBeDefined();
});

test("a stream of requests, a stream of answers, and both at once", async () => {
  await grpcPod("v1", {
    Collect(call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
      const parts: string[] = [];
      call.on("data", (part: Buffer) => parts.push(part.toString()));
      call.on("end", () => done(null, Buffer.from(parts.join("+"))));
    },
    Count(call: ServerWritableStream<Buffer, Buffer>) {
      for (let i = 0; i < Number(call.request.toString()); i++) call.write(Buffer.from(String(i)));
      call.end();
    },
    Chat(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on("data", (part: Buffer) => call.write(Buffer.from(`${part.toString()}!`)));
      call.on("end", () => call.end());
    },
  });
  const collected = new Promise<string | undefined>((resolve) => {
    const call = client.makeClientStreamRequest(COLLECT.path, bytes, bytes, new Metadata(), (_, all?: Buffer) =>
      resolve(all?.toString()),
    );
    for (const part of ["a", "b", "c"]) call.write(Buffer.from(part));
    call.end();
  });
  expect(await collected).toBe("a+b+c");

  const counted: string[] = [];
  const count = client.makeServerStreamRequest(COUNT.path, bytes, bytes, Buffer.from("500"), new Metadata());
  count.on("data", (part: Buffer) => counted.push(part.toString()));
  await new Promise((resolve) => count.on("end", resolve));
  expect(counted).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));

  // Each answer is there before the next question is asked.
  const chat = client.makeBidiStreamRequest(CHAT.path, bytes, bytes, new Metadata());
  const heard: string[] = [];
  for (const word of ["one", "two", "three"]) {
    const answer = new Promise<Buffer>((resolve) => chat.once("data", resolve));
    chat.write(Buffer.from(word));
    heard.push((await answer).toString());
  }
  const over = new Promise((resolve) => chat.on("status", resolve));
  chat.end();
  chat.resume();
  expect([heard, await over]).toMatchObject([["one!", "two!", "three!"], { code: status.OK }]);
});

test("large messages, and many calls at once over one connection, spread by weight", async () => {
  const pod = (name: string) => ({
    Say: ((call, done) => done(null, Buffer.concat([Buffer.from(name), call.request]))) satisfies Say,
  });
  await grpcPod("v1", pod("1"));
  await grpcPod("v2", pod("2"));
  await world.route([
    {
      route: [
        { destination: { host: "echo", subset: "v1" }, weight: 80 },
        { destination: { host: "echo", subset: "v2" }, weight: 20 },
      ],
    },
  ]);
  await sleep(30);
  expect((await say("x".repeat(3_000_000))).message).toHaveLength(3_000_001);
  const calls = await Promise.all(Array.from({ length: 99 }, () => say("")));
  const fromV2 = calls.filter(({ message }) => message === "2").length;
  expect(fromV2).toBeGreaterThanOrEqual(19);
  expect(fromV2).toBeLessThanOrEqual(20);
});

test("errors arrive with their code, words and metadata, with and without messages before", async () => {
  const trailer = new Metadata();
  trailer.set("x-why", "because");
  await grpcPod("v1", {
    Say: ((_, done) => done({ code: status.NOT_FOUND, details: "no schöner 100%", metadata: trailer })) satisfies Say,
    Count(call: ServerWritableStream<Buffer, Buffer>) {
      call.write(Buffer.from("one"));
      call.emit("error", { code: status.DATA_LOSS, details: "lost" });
    },
  });
  const { error, trailers } = await say("");
  expect([error?.code, error?.details, trailers?.get("x-why")]).toEqual([
    status.NOT_FOUND,
    "no schöner 100%",
    ["because"],
  ]);
  const count = client.makeServerStreamRequest(COUNT.path, bytes, bytes, Buffer.from("1"), new Metadata());
  const parts: string[] = [];
  count.on("data", (part: Buffer) => parts.push(part.toString()));
  const failed = await new Promise<ServiceError>((resolve) => count.on("error", resolve as (error: Error) => void));
  expect([parts, failed.code, failed.details]).toEqual([["one"], status.DATA_LOSS, "lost"]);
  expect(await countLine(gateway, /grpc_response_status="5".*response_flags="-".* 1$/)).toBeDefined();
  expect(await countLine(gateway, /grpc_response_status="15".*response_flags="-".* 1$/)).toBeDefined();
});

test("what gRPC counts as the server's errors counts against the version", async () => {
  let code: status = status.OK;
  await grpcPod("v1", {
    Say: ((_, done) => (code === status.OK ? done(null, Buffer.alloc(0)) : done({ code }))) satisfies Say,
  });
  for (code of [status.OK, status.NOT_FOUND, status.INTERNAL, status.DEADLINE_EXCEEDED, status.RESOURCE_EXHAUSTED])
    await say("");
  const { workloads } = await gateway.metrics.read({ namespace: "default", workloads: ["echo-v1"] });
  expect(workloads["echo-v1"]).toMatchObject({ requests: 5, errors: 2 });
});

test("a deadline goes on to the pod, holds in the gateway, and is bounded by the route's", async () => {
  let told: string | undefined;
  await grpcPod("v1", {
    Say: ((call) => void (told = String(call.metadata.get("x-envoy-expected-rq-timeout-ms")[0]))) satisfies Say,
  });
  const metadata = new Metadata();
  metadata.set("grpc-timeout", "80m");
  const first = await say("", { metadata });
  expect([first.error?.code, first.error?.details, told]).toEqual([
    status.UNAVAILABLE,
    "upstream request timeout",
    "80",
  ]);
  await world.route([{ ...TO_ECHO, timeout: "50ms" }]);
  await sleep(30);
  expect((await say("", { metadata })).error?.code).toBe(status.UNAVAILABLE);
  expect(told).toBe("50");
  expect(
    await countLine(gateway, /response_code="200".*grpc_response_status="14".*response_flags="UT".* 2$/),
  ).toBeDefined();
  // The client's own clock.
  await world.route([TO_ECHO]);
  await sleep(30);
  const late = await say("", { deadline: new Date(Date.now() + 60) });
  expect([status.DEADLINE_EXCEEDED, status.UNAVAILABLE]).toContain(late.error?.code);
});

test("a call that the client cancels is cancelled at the pod", async () => {
  let cancelled = false;
  let begun = false;
  await grpcPod("v1", {
    Say: ((call) => {
      begun = true;
      call.on("cancelled", () => (cancelled = true));
    }) satisfies Say,
  });
  const call = client.makeUnaryRequest(SAY.path, bytes, bytes, Buffer.alloc(0), () => {});
  await expect.poll(() => begun).toBe(true);
  call.cancel();
  await expect.poll(() => cancelled).toBe(true);
  expect(await gateway.dataPlane.inFlight("default", "echo-v1")).toBe(0);
  expect(await countLine(gateway, /response_code="0".*grpc_response_status="".*"DC".* 1$/)).toBeDefined();
});

test.each([
  ["by default: unavailable", undefined, status.UNAVAILABLE],
  ["by default: cancelled", undefined, status.CANCELLED],
  ["resource-exhausted", "resource-exhausted", status.RESOURCE_EXHAUSTED],
  ["internal", "internal", status.INTERNAL],
  ["deadline-exceeded", "deadline-exceeded", status.DEADLINE_EXCEEDED],
])("a call that fails without a message is tried again: %s", async (_, retryOn, code) => {
  let calls = 0;
  const failing = { Say: ((_call, done) => (calls++, done({ code }))) satisfies Say };
  await grpcPod("v1", failing);
  await grpcPod("v1", { Say: ((call, done) => (calls++, done(null, call.request))) satisfies Say });
  if (retryOn !== undefined) await world.route([{ ...TO_ECHO, retries: { attempts: 2, retryOn, backoff: "1ms" } }]);
  await sleep(30);
  const answers = await Promise.all(Array.from({ length: 10 }, () => say("again")));
  expect(answers.map(({ message }) => message)).toEqual(answers.map(() => "again"));
  expect(calls).toBeGreaterThan(10);
});

test("the gateway's own answers are gRPC's: no route, no pod, an injected fault, a refused connection", async () => {
  await world.route([
    {
      match: [{ uri: { prefix: "/test.Faulty/" } }],
      ...TO_ECHO,
      fault: { abort: { grpcStatus: "DATA_LOSS", percentage: { value: 100 } } },
    },
    { match: [{ uri: { prefix: "/test.Closed/" } }], directResponse: { status: 403, body: { string: "no entry" } } },
    { match: [{ uri: { prefix: "/test.Echo/" } }], ...TO_ECHO },
  ]);
  await sleep(30);
  const ask = async (path: string) => {
    const { error } = await say("", { path });
    return [error?.code, error?.details];
  };
  expect(await ask("/test.Unknown/Say")).toEqual([status.UNIMPLEMENTED, expect.anything()]);
  expect(await ask("/test.Faulty/Say")).toEqual([status.DATA_LOSS, "fault filter abort"]);
  expect(await ask("/test.Closed/Say")).toEqual([status.PERMISSION_DENIED, "no entry"]);
  expect(await ask(SAY.path)).toEqual([status.UNAVAILABLE, "no healthy upstream"]);
  const dead = await world.addPod("v1");
  await new Promise<void>((resolve) => dead.server.close(() => resolve()));
  await sleep(30);
  expect(await ask(SAY.path)).toEqual([
    status.UNAVAILABLE,
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure",
  ]);
  expect(
    await countLine(gateway, /request_protocol="grpc".*response_code="200".*grpc_response_status="12".*"NR".* 1$/),
  ).toBeDefined();
});

test("a fault with a gRPC status that is none is refused aloud", async () => {
  const before = await say("", { path: "/x.Y/Z" });
  await world.route([{ ...TO_ECHO, fault: { abort: { grpcStatus: "NOPE", percentage: { value: 100 } } } }]);
  await sleep(60);
  const vs = await world.cluster.list(
    {
      group: "networking.istio.io",
      version: "v1",
      kind: "VirtualService",
      plural: "virtualservices",
      namespaced: true,
    },
    { namespace: "default" },
  );
  expect(JSON.stringify(vs)).toContain("is no gRPC status: write its name, like UNAVAILABLE");
  expect(before.error?.code).toBe(status.UNAVAILABLE);
});
