import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dataFrame,
  goAway,
  ping,
  rstStream,
  SpdyError,
  type SpdyFrame,
  SpdyFrameReader,
  synReply,
} from "./spdy-frames.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const read = (bytes: Buffer) => new SpdyFrameReader().push(bytes);

describe("frames of the draft, by its layouts", () => {
  test.each<{ what: string; bytes: string; frame: SpdyFrame }>([
    {
      what: "SYN_STREAM with FLAG_FIN, priority 3",
      bytes: "8003 0001 01 00000c 00000005 00000000 6000 abcd",
      frame: { type: "syn-stream", streamId: 5, fin: true, headerBlock: hex("abcd") },
    },
    {
      what: "SYN_REPLY",
      bytes: "8003 0002 00 000006 00000001 abcd",
      frame: { type: "syn-reply", streamId: 1, fin: false, headerBlock: hex("abcd") },
    },
    {
      what: "HEADERS",
      bytes: "8003 0008 00 000005 00000003 ab",
      frame: { type: "headers", streamId: 3, fin: false, headerBlock: hex("ab") },
    },
    {
      what: "RST_STREAM, CANCEL",
      bytes: "8003 0003 00 000008 00000007 00000005",
      frame: { type: "rst-stream", streamId: 7, status: 5 },
    },
    { what: "PING", bytes: "8003 0006 00 000004 00000009", frame: { type: "ping", id: 9 } },
    { what: "GOAWAY", bytes: "8003 0007 00 000008 00000001 00000000", frame: { type: "goaway" } },
    { what: "SETTINGS", bytes: "8003 0004 00 00000c 00000001 00000004 00000064", frame: { type: "other" } },
    { what: "WINDOW_UPDATE", bytes: "8003 0009 00 000008 00000001 00010000", frame: { type: "other" } },
    {
      what: "data",
      bytes: "00000005 00 000003 616263",
      frame: { type: "data", streamId: 5, fin: false, bytes: Buffer.from("abc") },
    },
    {
      what: "data's end",
      bytes: "00000005 01 000000",
      frame: { type: "data", streamId: 5, fin: true, bytes: Buffer.alloc(0) },
    },
  ])("$what", ({ bytes, frame }) => {
    expect(read(hex(bytes))).toEqual([frame]);
  });
});

test("what goes out has the layouts of the draft too", () => {
  expect(synReply(5, hex("abcd"))).toEqual(hex("8003 0002 00 000006 00000005 abcd"));
  expect(rstStream(5, 3)).toEqual(hex("8003 0003 00 000008 00000005 00000003"));
  expect(ping(7)).toEqual(hex("8003 0006 00 000004 00000007"));
  expect(goAway(5, 1)).toEqual(hex("8003 0007 00 000008 00000005 00000001"));
  expect(dataFrame(5, Buffer.from("abc"))).toEqual(hex("00000005 00 000003 616263"));
  expect(dataFrame(5, Buffer.alloc(0), true)).toEqual(hex("00000005 01 000000"));
});

describe("a session that cannot go on", () => {
  test.each([
    { what: "another version", bytes: "8002 0006 00 000004 00000001" },
    { what: "a control frame that is too short", bytes: "8003 0001 00 000004 00000001" },
    { what: "a control frame beyond 64 kB, before it is read", bytes: "8003 0001 00 010001" },
  ])("$what", ({ bytes }) => {
    expect(() => read(hex(bytes))).toThrow(SpdyError);
  });
});

const frames = fc.array(
  fc.oneof(
    fc.record({
      streamId: fc.integer({ min: 1, max: 9 }),
      fin: fc.boolean(),
      bytes: fc.uint8Array({ maxLength: 400 }),
    }),
    fc.integer({ min: 1, max: 1_000 }),
  ),
  { maxLength: 8 },
);

test("however the bytes are cut, data arrives whole, in order, and its end last", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat()), (sent, places) => {
      const encoded = sent.map((each) =>
        typeof each === "number" ? ping(each) : dataFrame(each.streamId, Buffer.from(each.bytes), each.fin),
      );
      const whole = Buffer.concat(encoded);
      const ends = [...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
      const reader = new SpdyFrameReader();
      const got = ends.flatMap((end, index) => reader.push(whole.subarray(ends[index - 1] ?? 0, end)));
      expect(joined(got)).toEqual(joined(new SpdyFrameReader().push(whole)));
      expect(got.filter(({ type }) => type === "ping")).toHaveLength(
        sent.filter((each) => typeof each === "number").length,
      );
    }),
    { seed: 31 },
  );
});

/** Pieces of data that follow each other on a stream, as one; a frame's end must not be lost or come early. */
function joined(list: SpdyFrame[]): string {
  return list
    .map((frame) => {
      if (frame.type !== "data") return `${frame.type};`;
      return `${[...frame.bytes].map((byte) => `${frame.streamId}:${byte},`).join("")}${frame.fin ? `${frame.streamId}:fin;` : ""}`;
    })
    .join("");
}
