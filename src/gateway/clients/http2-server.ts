// HTTP/2 towards the clients: Node's session, Envoy's limits. A client that asks for too much at once, or takes back what it asked for
// again and again, loses its connection (CVE-2023-44487 and its like).

import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Entrance } from "../exchange/entrance.ts";
import { Exchange } from "../exchange/exchange.ts";
import * as local from "../exchange/local-reply.ts";
import type { Gate } from "../gate.ts";
import type { ConnectionEnds } from "../wire/addresses.ts";
import { MAX_HEADER_BYTES } from "../wire/headers.ts";
import { IdleTimer } from "../wire/idle-timer.ts";
import { Http2Downstream } from "./http2-downstream.ts";

/** Envoy's max_headers_count; beyond it, or beyond MAX_HEADER_BYTES, it resets the stream. */
const MAX_HEADERS = 100;
/** Envoy's default. */
const MAX_STREAMS = 1_024;
/** What a client may send ahead of an upstream that does not read: of one stream, and of all together. */
const STREAM_WINDOW_BYTES = 1_048_576;
const CONNECTION_WINDOW_BYTES = 25_165_824;
/** Streams that a client may take back: so many at once, and so many each second on average. */
const RESET_BURST = 1_000;
const RESETS_PER_SECOND = 100;

export class Http2Entrance {
  readonly #gate: Gate;
  readonly #entrance: Entrance;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(gate: Gate, entrance: Entrance) {
    this.#gate = gate;
    this.#entrance = entrance;
    this.#server = createServer({
      settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
      // Megabytes of streams, headers and frames that wait; Node's default would not hold the streams that are allowed.
      maxSessionMemory: 64,
      // A client waits for our acknowledgement: whoever sends pings and settings without reading is cut.
      maxOutstandingPings: 10,
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
      maxHeaderListPairs: 2 * MAX_HEADERS,
      streamResetBurst: RESET_BURST,
      streamResetRate: RESETS_PER_SECOND,
      // Several values of one header may come from an upstream; they are passed on.
      strictSingleValueFields: false,
    } as Parameters<typeof createServer>[0]);
    this.#server.on("session", (session) => this.#welcome(session));
    this.#server.on("sessionError", () => {});
    // Out of TLS, without its having been agreed on.
    this.#server.on("unknownProtocol", (socket: Duplex) => socket.destroy());
  }

  /** Whoever ends its side has gone, as in Envoy; without this the other side would stay open with all that belongs to it. */
  accept(socket: Socket): void {
    socket.on("end", () => socket.destroySoon());
    this.#server.emit("connection", socket);
  }

  /** No new streams; each connection ends with its last one. */
  drain(): void {
    for (const session of this.#sessions) session.close();
  }

  #welcome(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on("close", () => this.#sessions.delete(session));
    session.on("error", () => session.destroy());
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    let streams = 0;
    const idle = new IdleTimer({
      idleMs: this.#gate.timeLimits.idleMs,
      isIdle: () => streams === 0,
      onIdle: () => session.close(),
    });
    session.on("close", () => idle.stop());
    const { remoteAddress, remotePort, localAddress, localPort, forwardedCertificate }: ConnectionEnds = session.socket;
    const ends = { remoteAddress, remotePort, localAddress, localPort, forwardedCertificate };
    session.on("stream", (stream, _headers, flags, raw?: string[]) => {
      streams++;
      stream.on("close", () => {
        if (--streams === 0) idle.rest();
      });
      const endsWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      this.#begin(stream, { ends, rawHeaders: raw ?? [], endsWithHead });
    });
    if (this.#gate.draining) session.close();
  }

  #begin(stream: ServerHttp2Stream, request: Begun): void {
    if (isTooLarge(request.rawHeaders)) {
      stream.on("error", () => {});
      return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
    const exchange = new Exchange(this.#gate, this.#entrance, new Http2Downstream(this.#gate, { stream, ...request }));
    this.#watch(stream, exchange);
    exchange.start();
  }

  /** Only who owes something is cut; an answer may let the client wait as long as it likes. */
  #watch(stream: ServerHttp2Stream, exchange: Exchange): void {
    const { stallMs } = this.#gate.timeLimits;
    stream.setTimeout(stallMs);
    stream.on("timeout", () => {
      const owesBody = !stream.headersSent && stream.readableFlowing === true && !stream.readableEnded;
      if (owesBody || stream.writableLength > 0) exchange.breakOff(local.SLOW_BODY);
      else stream.setTimeout(stallMs);
    });
  }
}

interface Begun {
  ends: ConnectionEnds;
  rawHeaders: readonly string[];
  endsWithHead: boolean;
}

function isTooLarge(raw: readonly string[]): boolean {
  if (raw.length > 2 * MAX_HEADERS) return true;
  let bytes = 0;
  for (const each of raw) bytes += each.length;
  return bytes > MAX_HEADER_BYTES;
}
