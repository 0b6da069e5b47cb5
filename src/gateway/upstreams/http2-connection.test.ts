// A connection to an upstream that speaks HTTP/2 ends, whatever the upstream does.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Http2Connection } from "./http2-connection.ts";

/** RFC 9113, 6.5: an empty SETTINGS frame. */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

test("one that is retired is gone soon, even if the other side never ends it", async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write(SETTINGS);
    socket.on("error", () => {}).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const connection = new Http2Connection({
    host: "127.0.0.1",
    port: (server.address() as { port: number }).port,
    connectTimeoutMs: 1_000,
    idleTimeoutMs: 60_000,
    maxStreams: 100,
    maxCalls: Infinity,
    maxAgeMs: undefined,
    expectedStreams: 100,
  });
  const closed = new Promise<void>((resolve) => (connection.onClose = resolve));
  const [socket] = await accepted;
  await once(socket, "data");
  connection.retire();
  await closed;
  expect(connection.hasRoom).toBe(false);
  socket.destroy();
  server.close();
}, 5_000);
