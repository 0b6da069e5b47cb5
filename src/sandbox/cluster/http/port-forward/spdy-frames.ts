// SPDY/3.1 frames as a server reads and writes them: section 2.6 of
// https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
// Data is handed on in the pieces that arrive; control frames are kept until they are whole, and are small.

export type SpdyFrame =
  | { type: "data"; streamId: number; fin: boolean; bytes: Buffer }
  | { type: "syn-stream" | "syn-reply" | "headers"; streamId: number; fin: boolean; headerBlock: Buffer }
  | { type: "rst-stream"; streamId: number; status: number }
  | { type: "ping"; id: number }
  | { type: "goaway" }
  /** SETTINGS and WINDOW_UPDATE, and types that a later draft may bring, which are to be ignored. */
  | { type: "other" };

/** The session cannot go on: the frames are out of step. */
export class SpdyError extends Error {
  override readonly name = "SpdyError";
}

/** Section 2.6.3. */
export const RESET = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, internalError: 6 } as const;
/** Section 2.6.6. */
export const GOAWAY = { ok: 0, protocolError: 1 } as const;

const VERSION = 3;
const CONTROL = 0x8000;
const FIN = 0x01;
const HEAD_BYTES = 8;
/** Of a control frame; the draft asks for 8192 at least. */
const MAX_CONTROL_BYTES = 65_536;
const MAX_ID = 0x7fff_ffff;
const TYPES = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const;

interface Data {
  streamId: number;
  fin: boolean;
  left: number;
}

export class SpdyFrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #data: Data | undefined;

  /** Throws SpdyError. */
  push(chunk: Buffer): SpdyFrame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: SpdyFrame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): SpdyFrame | undefined {
    if (this.#data !== undefined) return this.#readData(this.#data);
    if (this.#rest.length < HEAD_BYTES) return undefined;
    const length = this.#rest.readUIntBE(5, 3);
    if ((this.#rest.readUInt16BE(0) & CONTROL) === 0) {
      const streamId = this.#rest.readUInt32BE(0);
      this.#data = { streamId, fin: (this.#rest[4]! & FIN) !== 0, left: length };
      this.#rest = this.#rest.subarray(HEAD_BYTES);
      return this.#readData(this.#data);
    }
    if (length > MAX_CONTROL_BYTES) throw new SpdyError(`a control frame of ${length} bytes is too large`);
    if (this.#rest.length < HEAD_BYTES + length) return undefined;
    const frame = this.#rest.subarray(0, HEAD_BYTES + length);
    this.#rest = this.#rest.subarray(frame.length);
    return parseControl(frame);
  }

  /** The end of the stream is told with the last piece. */
  #readData(data: Data): SpdyFrame | undefined {
    if (this.#rest.length === 0 && data.left > 0) return undefined;
    const bytes = this.#rest.subarray(0, data.left);
    this.#rest = this.#rest.subarray(bytes.length);
    data.left -= bytes.length;
    if (data.left === 0) this.#data = undefined;
    return { type: "data", streamId: data.streamId, fin: data.fin && data.left === 0, bytes };
  }
}

function parseControl(frame: Buffer): SpdyFrame {
  const version = frame.readUInt16BE(0) & ~CONTROL;
  if (version !== VERSION)
    throw new SpdyError(`a control frame of version ${version} was sent in a session of SPDY/3.1`);
  const fin = (frame[4]! & FIN) !== 0;
  const body = frame.subarray(HEAD_BYTES);
  switch (frame.readUInt16BE(2)) {
    case TYPES.synStream:
      // After the stream's number that of an associated stream, priority and slot: a tunnel has no use for them.
      return { type: "syn-stream", streamId: idAt(body, 10), fin, headerBlock: body.subarray(10) };
    case TYPES.synReply:
      return { type: "syn-reply", streamId: idAt(body, 4), fin, headerBlock: body.subarray(4) };
    case TYPES.headers:
      return { type: "headers", streamId: idAt(body, 4), fin, headerBlock: body.subarray(4) };
    case TYPES.rstStream:
      return { type: "rst-stream", streamId: idAt(body, 8), status: body.readUInt32BE(4) };
    case TYPES.ping:
      idAt(body, 4);
      return { type: "ping", id: body.readUInt32BE(0) };
    case TYPES.goAway:
      return { type: "goaway" };
    default:
      return { type: "other" };
  }
}

function idAt(body: Buffer, needed: number): number {
  if (body.length < needed) throw new SpdyError("a control frame is shorter than its type asks for");
  return body.readUInt32BE(0) & MAX_ID;
}

export function dataFrame(streamId: number, bytes: Buffer, fin = false): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId);
  head[4] = fin ? FIN : 0;
  head.writeUIntBE(bytes.length, 5, 3);
  return Buffer.concat([head, bytes]);
}

export function synReply(streamId: number, headerBlock: Buffer): Buffer {
  return control(TYPES.synReply, Buffer.concat([words(streamId), headerBlock]));
}

export const rstStream = (streamId: number, status: number): Buffer =>
  control(TYPES.rstStream, words(streamId, status));

export const ping = (id: number): Buffer => control(TYPES.ping, words(id));

export const goAway = (lastStreamId: number, status: number): Buffer =>
  control(TYPES.goAway, words(lastStreamId, status));

function control(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(CONTROL | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
