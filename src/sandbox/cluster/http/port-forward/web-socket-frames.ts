// WebSocket frames as a server reads and writes them: RFC 6455 section 5, https://www.rfc-editor.org/rfc/rfc6455#section-5
// Payloads are handed on in the pieces that arrive, so that a message of any length needs no memory of its own.

export type FramePart =
  | { kind: "text" | "binary" /** True for the first piece of a message. */; first: boolean; bytes: Buffer }
  | { kind: "ping" | "pong"; bytes: Buffer }
  | { kind: "close"; code: number | undefined };

/** The peer broke the protocol; the code is what the close frame tells it (section 7.4.1). */
export class WebSocketError extends Error {
  override readonly name = "WebSocketError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const CLOSE = { normal: 1000, goingAway: 1001, protocolError: 1002, unsupportedData: 1003 } as const;

const CONTINUATION = 0;
const KINDS: Readonly<Record<number, FramePart["kind"]>> = {
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};
const OPCODES = { binary: 2, close: 8, pong: 10 } as const;
const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const MAX_CONTROL_BYTES = 125;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

interface Frame {
  kind: FramePart["kind"];
  fin: boolean;
  first: boolean;
  mask: Buffer;
  /** Of the payload, in bytes. */
  left: number;
  taken: number;
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #frame: Frame | undefined;
  /** The kind of the message whose last frame is still to come. */
  #message: "text" | "binary" | undefined;

  /** Takes the chunk over: payloads are unmasked in place. Throws WebSocketError. */
  push(chunk: Buffer): FramePart[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const parts: FramePart[] = [];
    for (;;) {
      this.#frame ??= this.#readHead();
      const part = this.#frame === undefined ? undefined : this.#readPayload(this.#frame);
      if (part === undefined) return parts;
      parts.push(part);
    }
  }

  #readHead(): Frame | undefined {
    const head = parseHead(this.#rest);
    if (head === undefined) return undefined;
    this.#rest = this.#rest.subarray(head.size);
    const { opcode, fin, mask, length } = head;
    const first = opcode !== CONTINUATION;
    const kind = first ? KINDS[opcode] : this.#message;
    if (kind === undefined)
      throw broken(first ? `opcode ${opcode} is unknown` : "there is no message that this frame could continue");
    if (kind === "text" || kind === "binary") {
      if (first && this.#message !== undefined) throw broken("a message began before the last one had ended");
      this.#message = fin ? undefined : kind;
    } else if (!fin || length > MAX_CONTROL_BYTES)
      throw broken("control frames are not fragmented and hold at most 125 bytes");
    return { kind, fin, first, mask, left: length, taken: 0 };
  }

  #readPayload(frame: Frame): FramePart | undefined {
    const { kind, mask, left, taken } = frame;
    const isData = kind === "text" || kind === "binary";
    if (this.#rest.length < left && (!isData || this.#rest.length === 0)) return undefined;
    const bytes = this.#rest.subarray(0, left);
    unmask(bytes, mask, taken);
    this.#rest = this.#rest.subarray(bytes.length);
    const first = frame.first && taken === 0;
    if (bytes.length === left) this.#frame = undefined;
    else Object.assign(frame, { left: left - bytes.length, taken: taken + bytes.length });
    if (isData) return { kind, first, bytes };
    return kind === "close" ? { kind, code: closeCode(bytes) } : { kind, bytes };
  }
}

/** A whole message, or a control frame: servers mask nothing. */
export function encodeFrame(kind: keyof typeof OPCODES, payload: Buffer): Buffer {
  const { length } = payload;
  const first = FIN | OPCODES[kind];
  if (length < TWO_BYTES) return Buffer.concat([Buffer.of(first, length), payload]);
  const size = Buffer.alloc(length < 0x1_0000 ? 2 : 8);
  if (size.length === 2) size.writeUInt16BE(length);
  else size.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([Buffer.of(first, size.length === 2 ? TWO_BYTES : EIGHT_BYTES), size, payload]);
}

export function closePayload(code: number, reason = ""): Buffer {
  const text = Buffer.from(reason, "utf8").subarray(0, MAX_CONTROL_BYTES - 2);
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), text]);
}

interface Head {
  fin: boolean;
  opcode: number;
  mask: Buffer;
  length: number;
  size: number;
}

/** Undefined while it is not all there. */
function parseHead(bytes: Buffer): Head | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  if ((first & RESERVED) !== 0) throw broken("no extension was agreed upon, so the reserved bits must be 0");
  if ((second & MASKED) === 0) throw broken("a client's frames must be masked");
  const short = second & 0x7f;
  const lengthBytes = short === TWO_BYTES ? 2 : short === EIGHT_BYTES ? 8 : 0;
  const size = 2 + lengthBytes + 4;
  if (bytes.length < size) return undefined;
  const length = lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : longLength(bytes);
  return { fin: (first & FIN) !== 0, opcode: first & 0x0f, mask: bytes.subarray(size - 4, size), length, size };
}

function longLength(bytes: Buffer): number {
  const length = bytes.readBigUInt64BE(2);
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw broken("a frame of this length cannot be meant");
  return Number(length);
}

function unmask(bytes: Buffer, mask: Buffer, offset: number): void {
  for (let at = 0; at < bytes.length; at += 1) bytes[at]! ^= mask[(offset + at) & 3]!;
}

function closeCode(payload: Buffer): number | undefined {
  if (payload.length === 1) throw broken("a close frame's code has two bytes");
  return payload.length === 0 ? undefined : payload.readUInt16BE(0);
}

function broken(message: string): WebSocketError {
  return new WebSocketError(CLOSE.protocolError, message);
}
