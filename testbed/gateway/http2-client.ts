// One request over a session of Node's, and all that came back.

import { type ClientHttp2Session, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";

export interface Reply {
  status: number;
  raw: string[];
  headers: IncomingHttpHeaders;
  body: Buffer;
  trailers: IncomingHttpHeaders | undefined;
  endedWithHead: boolean;
  /** RST_STREAM's code. */
  reset: number;
}

export interface Asking {
  body?: Buffer;
  trailers?: OutgoingHttpHeaders;
}

export function askOver(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  { body, trailers }: Asking = {},
): Promise<Reply> {
  return new Promise((resolve) => {
    const whole = { ":authority": "shop.example", ":method": body === undefined ? "GET" : "POST", ...headers };
    const stream = session.request(whole, { endStream: body === undefined, waitForTrailers: trailers !== undefined });
    const reply: Reply = {
      ...{ status: 0, raw: [], headers: {}, trailers: undefined, endedWithHead: false, reset: 0 },
      body: Buffer.alloc(0),
    };
    const chunks: Buffer[] = [];
    stream.on("response", (got, flags, raw?: string[]) => {
      const endedWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      Object.assign(reply, { status: got[":status"], headers: got, raw, endedWithHead });
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("trailers", (got) => (reply.trailers = got));
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    stream.on("error", () => {});
    stream.on("close", () => resolve({ ...reply, body: Buffer.concat(chunks), reset: stream.rstCode ?? 0 }));
    if (body !== undefined) stream.end(body);
  });
}

/** Of a flat list: name, value, name, value. */
export function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.flatMap((each, i) => (i % 2 === 0 && each === name ? [raw[i + 1]!] : []));
}

/** As much as the stream takes at once. */
export function writeAll(stream: { write(chunk: Buffer): boolean }, mostBytes: number): number {
  const piece = Buffer.alloc(65_536);
  let sent = 0;
  for (let more = true; more && sent < mostBytes; sent += piece.length) more = stream.write(piece);
  return sent;
}
