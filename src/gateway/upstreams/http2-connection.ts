// One connection to an upstream that speaks HTTP/2, from dialling to its last stream.

import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectPlain, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { IdleTimer } from "../wire/idle-timer.ts";
import { connectFailure, type Failure, tlsFailure } from "../wire/upstream-error.ts";
import type { Http2Call } from "./http2-call.ts";

export interface ConnectionOptions {
  host: string;
  port: number;
  /** Instead of a plain connection. */
  dial?: () => TLSSocket;
  connectTimeoutMs: number;
  idleTimeoutMs: number;
  /** Of this side; the peer may allow fewer. */
  maxStreams: number;
  /** Streams in its whole life. */
  maxCalls: number;
  maxAgeMs: number | undefined;
  /** What the peer allowed last time. */
  expectedStreams: number;
}

const NO_HANDSHAKE = tlsFailure(new Error("closed"));
/** A stream whose reader waits holds this much and no more. */
const STREAM_WINDOW_BYTES = 1_048_576;
/** Of all streams together; Envoy's default. */
const CONNECTION_WINDOW_BYTES = 25_165_824;
/** Until the peer has said how many streams it takes. */
const STREAMS_BEFORE_SETTINGS = 1;
/** A peer that does not end its side when we have ended ours keeps nothing waiting. */
const LINGER_MS = 1_000;
/** A peer that sends its calls away again and again has refused them. */
const MAX_MOVES = 3;

export class Http2Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #running = new Set<Http2Call>();
  readonly #waiting = new Set<Http2Call>();
  #session: ClientHttp2Session | undefined;
  #limit: number | undefined;
  #calls = 0;
  #retired = false;
  #expire: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #idle: IdleTimer | undefined;
  /** Calls that have no place here after all. */
  onSurplus: (call: Http2Call) => void = () => {};
  /** A stream has become free. */
  onRoom: () => void = () => {};
  onClose: () => void = () => {};

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { host, port, connectTimeoutMs, dial } = options;
    this.#socket = dial?.() ?? connectPlain({ host, port, noDelay: true });
    let failure: Failure = dial === undefined ? { kind: "connect", reason: "Connection refused" } : NO_HANDSHAKE;
    const expire = () => {
      failure = { kind: "connect", reason: "timeout" };
      this.#socket.destroy();
    };
    this.#socket.setTimeout(connectTimeoutMs, expire);
    const reasonOf = (error: Error) => (isReady || dial === undefined ? connectFailure(error) : tlsFailure(error));
    let isReady = false;
    this.#socket.once("error", (error) => (failure = reasonOf(error) ?? failure));
    this.#socket.once("close", () => this.#closed(failure));
    this.#socket.once(dial === undefined ? "connect" : "secureConnect", () => {
      isReady = true;
      this.#socket.setTimeout(0).off("timeout", expire);
      failure = { kind: "reset" };
      this.#open(`http://${host.includes(":") ? `[${host}]` : host}:${port}`);
    });
  }

  get hasRoom(): boolean {
    return !this.#retired && this.#running.size + this.#waiting.size < this.streams;
  }

  /** So many calls at once, as far as is known. */
  get streams(): number {
    return Math.min(this.#limit ?? this.#options.expectedStreams, this.#options.maxStreams);
  }

  add(call: Http2Call): void {
    this.#calls++;
    if (this.#calls >= this.#options.maxCalls) this.#retired = true;
    this.#waiting.add(call);
    call.onOver = () => this.#leave(call);
    this.#startWaiting();
  }

  /** Takes no new call; ends when the last one has. */
  retire(): void {
    this.#retired = true;
    if (this.#running.size + this.#waiting.size > 0) return;
    if (this.#session === undefined) return void this.#socket.destroy();
    this.#session.close();
    this.#linger ??= setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  destroy(): void {
    this.#retired = true;
    this.#session?.destroy();
    this.#socket.destroy();
  }

  #open(url: string): void {
    const session = connect(url, {
      createConnection: () => this.#socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
      maxSessionMemory: 64,
      strictSingleValueFields: false,
    } as Parameters<typeof connect>[1]);
    this.#session = session;
    session.on("error", () => this.#socket.destroy());
    session.on("goaway", () => {
      this.#retired = true;
      this.#giveBack();
      this.retire();
    });
    session.on("close", () => this.#socket.destroy());
    session.on("connect", () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.on("remoteSettings", ({ maxConcurrentStreams = Infinity }) => this.#settle(maxConcurrentStreams));
    const { idleTimeoutMs, maxAgeMs } = this.#options;
    this.#idle = new IdleTimer({
      idleMs: idleTimeoutMs,
      isIdle: () => this.#running.size === 0,
      onIdle: () => this.retire(),
    });
    if (maxAgeMs !== undefined) this.#expire = setTimeout(() => this.retire(), maxAgeMs).unref();
    this.#startWaiting();
  }

  /** A peer that allows none may allow some later: one call waits for that. */
  #settle(peerLimit: number): void {
    this.#limit = Math.max(peerLimit, 1);
    this.#startWaiting();
    this.#giveBack();
  }

  /** Calls that it has no stream for. */
  #giveBack(): void {
    const surplus = [...this.#waiting];
    this.#waiting.clear();
    for (const call of surplus) {
      call.moves++;
      if (call.moves > MAX_MOVES) call.fail({ kind: "refused" });
      else this.onSurplus(call);
    }
  }

  #startWaiting(): void {
    const session = this.#session;
    if (session === undefined || session.closed || session.destroyed) return;
    const limit = this.#limit === undefined ? STREAMS_BEFORE_SETTINGS : this.streams;
    for (const call of this.#waiting) {
      if (this.#running.size >= limit) return;
      this.#waiting.delete(call);
      this.#running.add(call);
      call.start(session);
    }
  }

  #leave(call: Http2Call): void {
    this.#waiting.delete(call);
    this.#running.delete(call);
    this.#startWaiting();
    if (this.#running.size === 0) this.#idle?.rest();
    if (this.#retired) this.retire();
    else this.onRoom();
  }

  #closed(failure: Failure): void {
    this.#retired = true;
    clearTimeout(this.#expire);
    clearTimeout(this.#linger);
    this.#idle?.stop();
    const calls = [...this.#running, ...this.#waiting];
    this.onClose();
    for (const call of calls) call.fail(failure);
  }
}
