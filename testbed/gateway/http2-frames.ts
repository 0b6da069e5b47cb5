// Frames of HTTP/2 by hand, for what no client library would send: https://www.rfc-editor.org/rfc/rfc9113#section-4.1

export function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** A client's first bytes, with settings that change nothing. */
export const PREFACE = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0)]);

/** GET / and POST / of authority "a", without compression: entries of the static table, then a literal. */
export const GET = Buffer.from([0x82, 0x86, 0x84, 0x41, 0x01, 0x61]);
export const POST = Buffer.from([0x83, 0x86, 0x84, 0x41, 0x01, 0x61]);

export function headers(flags: number, streamId: number, block: Buffer): Buffer {
  return frame(1, flags, streamId, block);
}

export function data(streamId: number, text: string): Buffer {
  return frame(0, 0, streamId, Buffer.from(text));
}

export function reset(streamId: number, code: number): Buffer {
  return frame(3, 0, streamId, Buffer.from([0, 0, 0, code]));
}
