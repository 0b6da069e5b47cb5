// Node's internals that socket-reader.ts sets are there, do what they should, and without them everything still works.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SocketReader } from "./socket-reader.ts";

let server: Server;
let client: Socket;
let accepted: Socket;

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = connect((server.address() as { port: number }).port, "127.0.0.1");
  [accepted] = (await once(server, "connection")) as [Socket];
});

afterEach(() => {
  client.destroy();
  accepted.destroy();
  server.close();
});

const HIDE: Record<string, (socket: Socket) => void> = {
  "past the stream": () => {},
  "by the stream, where Node has nothing else": (socket) => {
    const { _handle: handle } = socket as unknown as { _handle: object };
    Object.assign(handle, { useUserBuffer: undefined });
  },
};

describe.each(Object.entries(HIDE))("%s", (_, hide) => {
  let reader: SocketReader;
  let got: Buffer[];
  const text = () => Buffer.concat(got).toString();

  beforeEach(() => {
    got = [];
    hide(accepted);
    reader = new SocketReader((bytes) => got.push(Buffer.from(bytes)));
  });

  test("all bytes come, those that the stream has read already first", async () => {
    client.write("first ");
    await once(accepted, "readable");
    reader.attach(accepted);
    const large = Buffer.alloc(1_000_000, "0123456789");
    client.write(large);
    await expect.poll(() => text().length).toBe(1_000_006);
    expect(text()).toBe(`first ${large.toString()}`);
  });

  test("a pause holds the sender back", async () => {
    reader.attach(accepted);
    client.write("a");
    await expect.poll(text).toBe("a");
    accepted.pause();
    client.write("b");
    await sleep(30);
    expect(text()).toBe("a");
    accepted.resume();
    await expect.poll(text).toBe("ab");
  });

  test("the end is heard of", async () => {
    reader.attach(accepted);
    const ended = once(accepted, "end");
    client.end("last");
    await ended;
    expect(text()).toBe("last");
  });

  test("handed over it is a stream again, with what was left first", async () => {
    reader.attach(accepted);
    client.write("head,rest");
    await expect.poll(text).toBe("head,rest");
    reader.handOver(accepted, Buffer.from("rest"));
    client.write(" and more");
    await sleep(30);
    let streamed = "";
    accepted.on("data", (bytes: Buffer) => (streamed += bytes.toString()));
    accepted.resume();
    await expect.poll(() => streamed).toBe("rest and more");
    client.end("!");
    await once(accepted, "end");
    expect([streamed, text()]).toEqual(["rest and more!", "head,rest"]);
  });
});

test("this Node has them: nothing goes through the stream", async () => {
  const reader = new SocketReader(() => {});
  reader.attach(accepted);
  expect(accepted.listenerCount("data")).toBe(0);
});
