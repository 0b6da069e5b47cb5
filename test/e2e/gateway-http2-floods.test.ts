// Clients that misuse HTTP/2 to make the gateway work for nothing: their connection ends, and nobody else notices.

import { connect, constants } from "node:http2";
import { connect as dial, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { END_HEADERS, END_STREAM, frame, GET, headers, PREFACE, reset } from "../../testbed/gateway/http2-frames.ts";
import { startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster, realClock, silentLog } from "../../testbed/gateway/world.ts";

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([{ route: [{ destination: { host: "echo" } }] }]);
  gateway = await startTestGateway(world.cluster);
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

const FLOODS: Record<string, (i: number) => Buffer> = {
  "rapid reset": (i) => Buffer.concat([headers(END_STREAM | END_HEADERS, 2 * i + 1, GET), reset(2 * i + 1, 8)]),
  "settings that nobody reads": () => frame(4, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])),
  "pings that nobody reads": () => frame(6, 0, 0, Buffer.alloc(8)),
  "headers without an end": (i) =>
    i === 0 ? headers(0, 1, GET) : frame(9, 0, 1, Buffer.from([0x00, 0x01, 0x78, 0x01, 0x79])),
  "empty frames of a stream that is over": (i) =>
    i === 0 ? headers(END_STREAM | END_HEADERS, 1, GET) : frame(0, 0, 1),
};

test.each(Object.keys(FLOODS))(
  "a flood ends its connection and nobody else's: %s",
  async (name) => {
    await world.addPod("v1", (_, response) => void setTimeout(() => response.end("ok"), 5));
    await sleep(30);
    const socket: Socket = dial(gateway.localPorts[80]!, "127.0.0.1");
    const state = { closed: false };
    socket.on("error", () => {});
    socket.on("close", () => (state.closed = true));
    // It sends and does not read: what it is sent fills the kernel's buffers first.
    socket.pause();
    socket.write(PREFACE);
    for (let batch = 0; batch < 2_000 && !state.closed; batch++) {
      socket.write(Buffer.concat(Array.from({ length: 500 }, (_, i) => FLOODS[name]!(batch * 500 + i))));
      await sleep(batch % 10 === 0 ? 5 : 0);
    }
    socket.resume();
    await expect.poll(() => state.closed, { timeout: 5_000 }).toBe(true);
    expect((await fetch(`http://127.0.0.1:${gateway.localPorts[80]}/`)).status).toBe(200);
    await expect.poll(() => gateway.dataPlane.inFlight("default", "echo-v1"), { timeout: 10_000 }).toBe(0);
  },
  20_000,
);

test("a stream whose client owes something for too long ends alone: a body that stops, an answer that nobody takes", async () => {
  await world.addPod("v1", (request, response) => {
    request.resume();
    if (request.url === "/quiet") setTimeout(() => response.end("late"), 1_500);
    if (request.url === "/large") response.end(Buffer.alloc(8_000_000));
  });
  const options = { clock: realClock, log: silentLog, ports: { 80: 0 }, statsPort: 0, seed: 1 };
  const strict = await startGateway({ ...options, cluster: world.cluster, timeLimits: { stallMs: 200 } });
  const session = connect(`http://127.0.0.1:${strict.localPorts[80]}`);
  const ask = (path: string, method = "GET") => {
    const stream = session.request({ ":path": path, ":method": method });
    stream.on("error", () => {});
    const got = { status: 0, text: "", code: -1 };
    stream.on("response", ({ ":status": status = 0 }) => (got.status = status));
    stream.on("close", () => (got.code = stream.rstCode ?? 0));
    return { stream, got };
  };
  const stopped = ask("/stopped", "POST");
  stopped.stream.setEncoding("utf8").on("data", (text: string) => (stopped.got.text += text));
  stopped.stream.write("the beginning");
  const untaken = ask("/large");
  untaken.stream.pause();
  const quiet = ask("/quiet");
  quiet.stream.setEncoding("utf8").on("data", (text: string) => (quiet.got.text += text));
  await expect.poll(() => stopped.got, { timeout: 2_000 }).toEqual({ status: 408, text: "stream timeout", code: 0 });
  await expect.poll(() => quiet.got, { timeout: 4_000 }).toEqual({ status: 200, text: "late", code: 0 });
  untaken.stream.resume();
  await expect.poll(() => untaken.got.code, { timeout: 2_000 }).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  session.destroy();
  await strict.stop();
});
