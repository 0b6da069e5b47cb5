import { randomFillSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closePayload, encodeFrame, type FramePart, FrameReader, type WebSocketError } from "./web-socket-frames.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const MASK = hex("37 fa 21 3d");

/** A frame as a client sends it. */
function masked(opcode: number, payload: Buffer, { fin = true, mask = MASK } = {}): Buffer {
  const { length } = payload;
  const size = length < 126 ? Buffer.of(0x80 | length) : Buffer.alloc(length < 65_536 ? 3 : 9);
  if (size.length === 3) size.set([0x80 | 126, length >> 8, length & 0xff]);
  if (size.length === 9) {
    size[0] = 0x80 | 127;
    size.writeBigUInt64BE(BigInt(length), 1);
  }
  const body = Buffer.from(payload.map((byte, index) => byte ^ mask[index % 4]!));
  return Buffer.concat([Buffer.of((fin ? 0x80 : 0) | opcode), size, mask, body]);
}

/** Read in pieces that end at these places. */
function readCut(bytes: Buffer, places: number[]): FramePart[] {
  const reader = new FrameReader();
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const starts = [0, ...ends];
  return ends.flatMap((end, index) => reader.push(Buffer.from(bytes.subarray(starts[index], end))));
}

function codeOf(read: () => unknown): number | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as WebSocketError).code;
  }
}

describe("the examples of RFC 6455 section 5.7", () => {
  const hello = Buffer.from("Hello");

  test("a masked text message", () => {
    const frame = hex("81 85 37 fa 21 3d 7f 9f 4d 51 58");
    expect(new FrameReader().push(frame)).toEqual([{ kind: "text", first: true, bytes: hello }]);
  });

  test("a fragmented message, masked as a client must", () => {
    const frames = Buffer.concat([masked(1, Buffer.from("Hel"), { fin: false }), masked(0, Buffer.from("lo"))]);
    expect(new FrameReader().push(frames)).toEqual([
      { kind: "text", first: true, bytes: Buffer.from("Hel") },
      { kind: "text", first: false, bytes: Buffer.from("lo") },
    ]);
  });

  test("a pong of the same body as the ping", () => {
    expect(new FrameReader().push(hex("89 85 37 fa 21 3d 7f 9f 4d 51 58"))).toEqual([{ kind: "ping", bytes: hello }]);
    expect(encodeFrame("pong", hello)).toEqual(hex("8a 05 48 65 6c 6c 6f"));
  });

  test.each([
    { length: 256, head: "82 7e 01 00" },
    { length: 65_536, head: "82 7f 00 00 00 00 00 01 00 00" },
  ])("$length bytes of binary data", ({ length, head }) => {
    const payload = randomFillSync(Buffer.alloc(length));
    expect(encodeFrame("binary", payload)).toEqual(Buffer.concat([hex(head), payload]));
    expect(new FrameReader().push(masked(2, payload))).toEqual([{ kind: "binary", first: true, bytes: payload }]);
  });
});

describe("what a client may not send", () => {
  test.each([
    { what: "an unmasked frame", bytes: hex("81 05 48 65 6c 6c 6f") },
    { what: "a reserved bit", bytes: hex("c1 80 00 00 00 00") },
    { what: "an unknown opcode", bytes: masked(3, Buffer.alloc(0)) },
    { what: "a fragmented ping", bytes: masked(9, Buffer.alloc(0), { fin: false }) },
    { what: "a ping of 126 bytes", bytes: masked(9, Buffer.alloc(126)) },
    { what: "a continuation of nothing", bytes: masked(0, Buffer.from("x")) },
    {
      what: "a second message before the first one ended",
      bytes: Buffer.concat([masked(2, Buffer.from("x"), { fin: false }), masked(2, Buffer.from("y"))]),
    },
    { what: "a close frame with half a code", bytes: masked(8, Buffer.of(3)) },
    { what: "a length of 2^63", bytes: hex("82 ff 80 00 00 00 00 00 00 00 00 00 00 00") },
  ])("$what", ({ bytes }) => {
    expect(codeOf(() => new FrameReader().push(bytes))).toBe(1002);
  });
});

test("a close frame carries its code, or none", () => {
  expect(new FrameReader().push(masked(8, closePayload(1001, "bye")))).toEqual([{ kind: "close", code: 1001 }]);
  expect(new FrameReader().push(masked(8, Buffer.alloc(0)))).toEqual([{ kind: "close", code: undefined }]);
});

test("a control frame between the fragments of a message does not disturb it", () => {
  const frames = [
    masked(2, Buffer.from("a"), { fin: false }),
    masked(9, Buffer.from("p")),
    masked(0, Buffer.from("b")),
  ];
  expect(new FrameReader().push(Buffer.concat(frames)).map(({ kind }) => kind)).toEqual(["binary", "ping", "binary"]);
});

const message = fc.record({
  fragments: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
  mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
});

test("however messages are fragmented and the bytes cut, the same messages come out", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat()), (messages, places) => {
      const frames = messages.flatMap(({ fragments, mask }) =>
        fragments.map((bytes, index) =>
          masked(index === 0 ? 2 : 0, Buffer.from(bytes), {
            fin: index === fragments.length - 1,
            mask: Buffer.from(mask),
          }),
        ),
      );
      const got: Buffer[] = [];
      for (const part of readCut(Buffer.concat(frames), places)) {
        if (part.kind !== "binary") throw new Error(`unexpected ${part.kind}`);
        if (part.first) got.push(part.bytes);
        else got.push(Buffer.concat([got.pop()!, part.bytes]));
      }
      expect(got).toEqual(messages.map(({ fragments }) => Buffer.concat(fragments)));
    }),
    { seed: 6455 },
  );
});
