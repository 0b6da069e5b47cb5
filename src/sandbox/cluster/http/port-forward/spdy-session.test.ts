import { expect, test } from "vitest";
import { dataFrame, ping, rstStream } from "./spdy-frames.ts";
import { HeaderWriter } from "./spdy-headers.ts";
import { type SpdyStream, type StreamReader, serveSpdy } from "./spdy-session.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const RESET_INVALID = "80030003000000080000000900000002";
const GOAWAY_PROTOCOL_ERROR = /^800300070000000800000001 ?00000001$/;

/** What a client sends to open a stream, with no headers. */
function openFrame(id: number, headers: HeaderWriter): Buffer {
  const block = headers.write([["port", "80"]]);
  const head = Buffer.alloc(18);
  head.set(hex("80030001 00"));
  head.writeUIntBE(10 + block.length, 5, 3);
  head.writeUInt32BE(id, 8);
  return Buffer.concat([head, block]);
}

interface Seen {
  /** What the server sent, frame by frame. */
  out: string[];
  /** What the streams' owner was told. */
  told: string[];
  streams: SpdyStream[];
}

/** A session that ends after these frames. */
async function session(
  frames: Buffer[],
  meet: (stream: SpdyStream) => StreamReader | undefined = () => undefined,
): Promise<Seen> {
  const seen: Seen = { out: [], told: [], streams: [] };
  const link = {
    incoming: arriving(frames),
    send: async (bytes: Buffer) => void seen.out.push(bytes.toString("hex")),
  };
  await serveSpdy(link, (stream) => {
    seen.streams.push(stream);
    return meet(stream) ?? readerOf(seen, seen.streams.length);
  });
  return seen;
}

async function* arriving(frames: Buffer[]): AsyncGenerator<Buffer> {
  for (const frame of frames) {
    yield frame;
    await new Promise(setImmediate);
  }
}

function readerOf({ told }: Seen, number: number): StreamReader {
  return {
    data: async (bytes) => void told.push(`${number} ${bytes.toString()}`),
    ended: () => void told.push(`${number} ended`),
    reset: () => void told.push(`${number} reset`),
  };
}

const isReply = (frame: string) => frame.startsWith("80030002");

test("streams are answered, read, ended, and reset when the link ends", async () => {
  const headers = new HeaderWriter();
  const { out, told } = await session([
    openFrame(1, headers),
    openFrame(3, headers),
    dataFrame(1, Buffer.from("one")),
    dataFrame(3, Buffer.from("three"), true),
  ]);
  expect(out.filter(isReply)).toHaveLength(2);
  expect(told).toEqual(["1 one", "2 three", "2 ended", "1 reset", "2 reset"]);
});

test("a ping is answered with its number, what is said of windows and settings is not", async () => {
  const window = hex("8003 0009 00 000008 00000001 00010000");
  const settings = hex("8003 0004 00 00000c 00000001 00000004 00000064");
  expect((await session([ping(7), window, settings, ping(2)])).out).toEqual([ping(7).toString("hex")]);
});

test("headers that mean nothing are read all the same, for the next ones refer to them", async () => {
  const headers = new HeaderWriter();
  const block = headers.write([["x", "y"]]);
  const extra = Buffer.concat([hex("8003 0008 00"), Buffer.of(0, 0, block.length + 4), hex("00000001"), block]);
  const { streams } = await session([extra, openFrame(1, headers)]);
  expect(streams[0]?.headers.get("port")).toBe("80");
});

test("data for a stream that never was is refused; for one that was reset it is dropped", async () => {
  const { out, told } = await session([
    openFrame(1, new HeaderWriter()),
    rstStream(1, 5),
    dataFrame(1, Buffer.from("late")),
    dataFrame(9, Buffer.from("?")),
  ]);
  expect(told).toEqual(["1 reset"]);
  expect(out.filter((frame) => !isReply(frame))).toEqual([RESET_INVALID]);
});

test("nothing is sent on a stream after its end or reset", async () => {
  const { out } = await session([openFrame(1, new HeaderWriter())], (stream) => {
    void stream.send(Buffer.from("early"));
    setImmediate(() => {
      stream.end();
      stream.end();
      void stream.send(Buffer.from("late"));
      stream.reset();
      stream.reset();
    });
    return undefined;
  });
  const fin = dataFrame(1, Buffer.alloc(0), true).toString("hex");
  expect(out.filter((frame) => !isReply(frame))).toEqual([fin, rstStream(1, 5).toString("hex")]);
});

test.each([
  { what: "numbers that do not rise", second: (headers: HeaderWriter) => openFrame(1, headers) },
  { what: "a server's number", second: (headers: HeaderWriter) => openFrame(4, headers) },
  { what: "frames of another version", second: () => hex("8002 0006 00 000004 00000001") },
  {
    what: "data after the end",
    second: () => Buffer.concat([dataFrame(1, Buffer.alloc(0), true), dataFrame(1, Buffer.from("more"))]),
  },
])("a client that breaks the protocol is told so: $what", async ({ second }) => {
  const headers = new HeaderWriter();
  const { out, told } = await session([openFrame(1, headers), second(headers), dataFrame(1, Buffer.from("unread"))]);
  expect(out.at(-1)).toMatch(GOAWAY_PROTOCOL_ERROR);
  expect(told.at(-1)).toBe("1 reset");
  expect(told).not.toContain("1 unread");
});

test("beyond 2,000 streams at once none is opened", async () => {
  const headers = new HeaderWriter();
  const { out } = await session(Array.from({ length: 2_001 }, (_, index) => openFrame(2 * index + 1, headers)));
  expect(out.filter(isReply)).toHaveLength(2_000);
  expect(out.at(-1)).toBe(rstStream(4_001, 3).toString("hex"));
});
