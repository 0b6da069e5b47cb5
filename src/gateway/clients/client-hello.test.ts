import { Duplex } from "node:stream";
import { type ConnectionOptions, connect } from "node:tls";
import { assert, integer, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { readClientHello } from "./client-hello.ts";

/** What OpenSSL really says first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = new Duplex({ read() {}, write: (chunk: Buffer) => resolve(chunk) });
  const client = connect({ socket, ...options });
  client.on("error", () => {});
  const hello = await promise;
  client.destroy();
  return hello;
}

test("the server's name, in lower case, and the protocols in the client's order", async () => {
  const hello = await helloOf({ servername: "Shop.Example", ALPNProtocols: ["h2", "http/1.1"] });
  expect(readClientHello(hello)).toEqual({ serverName: "shop.example", alpn: ["h2", "http/1.1"] });
});

test("a client that dials an address and says no protocol", async () => {
  expect(readClientHello(await helloOf({ host: "127.0.0.1" }))).toEqual({ serverName: "", alpn: [] });
});

test("in pieces, and spread over several records", async () => {
  const hello = await helloOf({ servername: "shop.example" });
  for (let length = 0; length < hello.length; length++)
    expect(readClientHello(hello.subarray(0, length)), `${length} bytes`).toBe("more");
  const records = Buffer.concat(
    [hello.subarray(5, 60), hello.subarray(60)].flatMap((part) => {
      const head = Buffer.from([22, 3, 1, 0, 0]);
      head.writeUInt16BE(part.length, 3);
      return [head, part];
    }),
  );
  expect(readClientHello(records)).toMatchObject({ serverName: "shop.example" });
});

test.each(["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0002\u0000"])(
  "%j is no TLS",
  (text) => {
    expect(readClientHello(Buffer.from(text, "latin1"))).toBe("other");
  },
);

test("nonsense is told from a hello that is not complete, and never throws", async () => {
  const hello = await helloOf({ servername: "shop.example", ALPNProtocols: ["h2"] });
  assert(
    property(integer({ min: 0, max: hello.length - 1 }), uint8Array({ minLength: 1, maxLength: 8 }), (at, bytes) => {
      const broken = Buffer.from(hello);
      broken.set(bytes.subarray(0, broken.length - at), at);
      const read = readClientHello(broken);
      return read === "more" || read === "other" || typeof read.serverName === "string";
    }),
    { numRuns: 2_000, seed: 4 },
  );
});
