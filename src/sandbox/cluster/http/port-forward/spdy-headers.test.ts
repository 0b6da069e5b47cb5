import { once } from "node:events";
import { constants, createDeflate, createInflate } from "node:zlib";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SpdyError } from "./spdy-frames.ts";
import { DICTIONARY, HeaderReader, HeaderWriter } from "./spdy-headers.ts";

/** Adler-32, which zlib names the dictionary by: https://www.rfc-editor.org/rfc/rfc1950#section-8.2 */
function adler32(bytes: Buffer): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

test("the dictionary is that of SPDY/3, by its length and checksum", () => {
  expect(DICTIONARY.length).toBe(1423);
  expect(adler32(DICTIONARY).toString(16)).toBe("e3c6a7c2");
});

function encode(headers: [string, string][]): Buffer {
  const word = (text: string) => {
    const bytes = Buffer.from(text, "utf8");
    return [uint32(bytes.length), bytes];
  };
  return Buffer.concat([uint32(headers.length), ...headers.flat().flatMap(word)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** As a client does it: one zlib stream for the whole session, flushed after each block. */
async function compressed(blocks: [string, string][][], level: number): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: DICTIONARY, level, flush: constants.Z_SYNC_FLUSH });
  let chunks: Buffer[] = [];
  deflate.on("data", (chunk: Buffer) => chunks.push(chunk));
  const out: Buffer[] = [];
  for (const block of blocks) {
    await new Promise<void>((resolve) => void deflate.write(encode(block), () => resolve()));
    await new Promise(setImmediate);
    out.push(Buffer.concat(chunks));
    chunks = [];
  }
  deflate.close();
  return out;
}

// Long enough together to go beyond the 32 kB that a block may refer back to.
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom("streamtype", "error", "data", "port", "requestid", "x".repeat(20_000)),
);
const blocks = fc.array(fc.array(fc.tuple(text, text), { maxLength: 4 }), { minLength: 1, maxLength: 12 });

test("whatever a client's zlib makes of the headers of a session, they are read as they were", async () => {
  await fc.assert(
    fc.asyncProperty(blocks, fc.constantFrom(0, 1, 6, 9), async (sent, level) => {
      const reader = new HeaderReader();
      const got = (await compressed(sent, level)).map((block) => reader.read(block));
      const last = (list: [string, string][]) => new Map(list.map(([name, value]) => [name.toLowerCase(), value]));
      expect(got).toEqual(sent.map(last));
    }),
    { seed: 3, numRuns: 60 },
  );
});

test("what goes out is one zlib stream that a client's inflates", async () => {
  const writer = new HeaderWriter();
  const sent: [string, string][][] = [[], [["Status", "ok"]], [], [["status", "ok"]]];
  const inflate = createInflate({ dictionary: DICTIONARY });
  const whole = Buffer.concat(sent.map((headers) => writer.write(headers)));
  inflate.write(whole);
  const [got] = (await once(inflate, "data")) as [Buffer];
  const lowered = sent.map((list) => list.map(([name, value]): [string, string] => [name.toLowerCase(), value]));
  expect(got).toEqual(Buffer.concat(lowered.map(encode)));
  inflate.close();
});

test("a block that inflates without measure, another dictionary and nonsense are refused", async () => {
  const [bomb] = await compressed([[["x", "y".repeat(2_000_000)]]], 9);
  expect(bomb!.length).toBeLessThan(10_000);
  expect(() => new HeaderReader().read(bomb!)).toThrow(SpdyError);
  expect(() => new HeaderReader().read(Buffer.from("789c0100000000", "hex"))).toThrow(/SPDY\/3's dictionary/);
  expect(() => new HeaderReader().read(Buffer.from("78bbe3c6a7c2ffffff", "hex"))).toThrow(SpdyError);
  expect(() => new HeaderReader().read(Buffer.alloc(0))).toThrow(SpdyError);
  const [early] = await compressed([[["a", "b"]]], 6);
  const reader = new HeaderReader();
  reader.read(early!);
  expect(() => reader.read(Buffer.from("0000000000ffff", "hex"))).toThrow(/ends too early|cannot be read/);
});
