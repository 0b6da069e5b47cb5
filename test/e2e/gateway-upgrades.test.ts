// Connections that want to become something else, as Envoy 1.40 takes them under istiod 1.31; WebSockets at work are in
// gateway-features.test.ts.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { RunningGateway } from "../../src/gateway/start.ts";
import type { SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startTestGateway } from "../../testbed/gateway/running.ts";
import { EchoWorld, openTestCluster } from "../../testbed/gateway/world.ts";

const TO_ECHO: HttpRoute = { route: [{ destination: { host: "echo" } }] };

let sandbox: SandboxCluster;
let world: EchoWorld;
let gateway: RunningGateway;

beforeEach(async () => {
  sandbox = await openTestCluster();
  world = new EchoWorld(sandbox.cluster);
  await world.setUp([TO_ECHO]);
  gateway = await startTestGateway(world.cluster);
});

afterEach(async () => {
  await gateway.stop();
  world.closeAll();
  await sandbox.close();
});

/** All that comes back within a moment. */
async function ask(upgrade: string, { method = "GET", path = "/", waitMs = 150 } = {}): Promise<string> {
  const socket = connect(gateway.localPorts[80]!, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\ncontent-length: 0\r\n\r\n`,
  );
  await sleep(waitMs);
  socket.destroy();
  return answer;
}

/** A pod that switches to whatever it is asked for, after a while. */
async function switchingPod(version = "v1", delayMs = 0): Promise<string[]> {
  const asked: string[] = [];
  const pod = await world.addPod(version, (_, response) => response.end("stays"));
  pod.server.on("upgrade", (request, socket) => {
    asked.push(`${request.method} ${request.headers.upgrade}`);
    socket.on("error", () => {});
    setTimeout(() => {
      if (request.url !== "/stay")
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nhello");
      else
        socket.end(
          "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntrailer: x-t\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        );
    }, delayMs);
  });
  await sleep(30);
  return asked;
}

test("a WebSocket is asked for by any method and in the client's own letters", async () => {
  const asked = await switchingPod();
  expect(await ask("WebSocket")).toMatch(/^HTTP\/1.1 101 [^]*hello$/);
  expect(await ask("websocket", { method: "POST" })).toMatch(/^HTTP\/1.1 101 /);
  expect(asked).toEqual(["GET WebSocket", "POST websocket"]);
});

test.each(["foo", "TLS/1.0", "websocket, foo"])(
  "an upgrade to %s is refused; the pod is not asked",
  async (upgrade) => {
    const asked = await switchingPod();
    expect(await ask(upgrade)).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[^]*connection: close\r\n\r\n$/);
    expect(asked).toEqual([]);
  },
);

test("h2c by upgrade is ignored: the answer is one of HTTP/1.1", async () => {
  await switchingPod();
  expect(await ask("h2c")).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*stays$/);
});

test("of an answer that neither switches nor fails only the head is passed on", async () => {
  await switchingPod();
  const answer = await ask("websocket", { path: "/stay" });
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*content-length: 0\r\n[^]*\r\n\r\n$/);
  expect(answer).not.toContain("content-type");
});

test("a time limit holds until the pod has switched, and no longer", async () => {
  await switchingPod("v1", 60);
  await world.route([{ ...TO_ECHO, timeout: "150ms" }]);
  await sleep(30);
  expect(await ask("websocket", { waitMs: 400 })).toMatch(/^HTTP\/1.1 101 [^]*hello$/);
  await world.route([{ ...TO_ECHO, timeout: "20ms" }]);
  await sleep(30);
  expect(await ask("websocket")).toMatch(/^HTTP\/1.1 504 [^]*upstream request timeout$/);
});

test("a route can ask for the upgrade, and a mirror sees it, too", async () => {
  const first = await switchingPod("v1");
  const second = await switchingPod("v2");
  const to = (subset: string) => ({ route: [{ destination: { host: "echo", subset } }] });
  await world.route([
    {
      match: [{ headers: { upgrade: { exact: "websocket" } } }],
      ...to("v1"),
      mirror: { host: "echo", subset: "v2" },
    },
    to("v2"),
  ]);
  await sleep(30);
  expect(await ask("websocket")).toMatch(/^HTTP\/1.1 101 /);
  await expect.poll(() => [first, second]).toEqual([["GET websocket"], ["GET websocket"]]);
  expect(await gateway.dataPlane.inFlight("default", "echo-v2")).toBe(0);
});
