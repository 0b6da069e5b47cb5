// One connection to an upstream that speaks HTTP/1.1: one request at a time, in one write with its body where that is there already.
// What it costs is most of what a request costs the gateway, so little is between the socket and the parser.

import { connect, type Socket, type TcpNetConnectOpts } from "node:net";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { BUFFER_BYTES, GatheredWrites } from "../wire/gathered-writes.ts";
import type { AnswerHeaders } from "../wire/headers.ts";
import { requestHead } from "../wire/http1-head.ts";
import { type MessageHead, MessageParser } from "../wire/http1-parser.ts";
import { LENT_FROM_BYTES, whenWritten } from "../wire/read-buffers.ts";
import { SocketReader } from "../wire/socket-reader.ts";
import { tlsFailure, UpstreamError } from "../wire/upstream-error.ts";
import type { Http1Call } from "./http1-call.ts";

/** Whoever promises to keep a connection for so long has closed it when it takes that long to hear of it. */
const HINT_MARGIN_MS = 2_000;

export interface ConnectionOptions {
  host: string;
  port: number;
  /** Instead of a plain connection. */
  dial?: () => TLSSocket;
  connectTimeoutMs: number;
  idleTimeoutMs: number;
  maxRequests: number;
  onFree(connection: Http1Connection): void;
  onGone(connection: Http1Connection): void;
}

export class Http1Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new SocketReader((bytes) => this.#read(bytes));
  readonly #parser: MessageParser;
  readonly startedMs = performance.now();
  /** When it was last given back, and how long it may be kept from then on. */
  idleSinceMs = 0;
  keepMs: number;
  #call: Http1Call | undefined;
  /** To a wish to switch protocols. */
  #answer: { status: number; headers: AnswerHeaders } | undefined;
  /** Bytes left of a body that goes past the parser. */
  #plainBytes = 0;
  #requests = 0;
  #keepAlive = true;
  #sending = false;
  #informational = false;
  #switched = false;
  #hint = "";
  #isReady = false;
  #gone = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.keepMs = options.idleTimeoutMs;
    this.#parser = new MessageParser("answers", {
      onHead: (head) => this.#onHead(head),
      onBody: (chunk) => this.#call?.handler.onResponseData?.(this.#call, chunk),
      onComplete: () => this.#onComplete(),
    });
    const { host, port, connectTimeoutMs, dial } = options;
    if (dial === undefined) this.#socket = connect(dialled(host, port, this.#reader));
    else {
      this.#socket = dial();
      this.#reader.attach(this.#socket);
    }
    const late = setTimeout(
      () => this.end(new UpstreamError({ kind: "connect", reason: "timeout" })),
      connectTimeoutMs,
    );
    this.#socket.on(dial === undefined ? "connect" : "secureConnect", () => {
      clearTimeout(late);
      this.#isReady = true;
      if (this.#call !== undefined) this.#begin(this.#call);
    });
    this.#socket.on("error", (error) =>
      this.end(this.#isReady || dial === undefined ? error : new UpstreamError(tlsFailure(error), { cause: error })),
    );
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("close", () => {
      clearTimeout(late);
      this.end(new UpstreamError(this.#isReady || dial === undefined ? { kind: "reset" } : NO_HANDSHAKE));
    });
  }

  get gone(): boolean {
    return this.#gone;
  }

  send(call: Http1Call): void {
    this.#call = call;
    if (this.#isReady) this.#begin(call);
  }

  /** Its handler hears of it only now: what waits for a connection is not running yet. */
  #begin(call: Http1Call): void {
    const { request } = call;
    call.handler.onRequestStart?.(call, undefined);
    if (call.over) {
      this.#call = undefined;
      return this.#options.onFree(this);
    }
    call.connection = this;
    this.#keepAlive = ++this.#requests < this.#options.maxRequests && request.upgrade === undefined;
    let head: ReturnType<typeof requestHead>;
    try {
      head = requestHead(request, this.#keepAlive);
    } catch (error) {
      return this.end(error as Error);
    }
    if (request.body === null) this.#socket.write(head.text, "latin1");
    else this.#sendWithBody(head.text, request.body, head.chunked);
  }

  #sendWithBody(head: string, body: Readable, chunked: boolean): void {
    const socket = this.#socket;
    const writes = new GatheredWrites(socket);
    this.#sending = true;
    const write = (chunk: Buffer): boolean => {
      if (!chunked) return socket.write(chunk, whenWritten(chunk));
      socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
      socket.write(chunk, whenWritten(chunk));
      return socket.write("\r\n", "latin1");
    };
    writes.begin();
    socket.write(head, "latin1");
    for (let chunk = body.read() as Buffer | null; chunk !== null; chunk = body.read() as Buffer | null) write(chunk);
    const onDrain = () => void body.resume();
    body.on("data", (chunk: Buffer) => {
      writes.begin();
      if (!write(chunk)) body.pause();
    });
    body.on("end", () => {
      if (chunked) socket.write("0\r\n\r\n", "latin1");
      this.#sending = false;
    });
    body.on("close", () => socket.off("drain", onDrain));
    body.on("error", (error) => this.end(error));
    socket.on("drain", onDrain);
  }

  #read(bytes: Buffer): void {
    // Nothing was asked: whatever this is, it would be taken for the next answer.
    if (this.#call === undefined && !this.#switched) return this.end(new UpstreamError({ kind: "reset" }));
    if (this.#plainBytes > 0) return this.#readPlain(bytes);
    const used = this.#parser.execute(bytes);
    if (typeof used !== "number") this.end(used);
    else if (this.#plainBytes > 0) this.#readPlain(bytes.subarray(used));
    else if (this.#switched) this.#handOver(bytes.subarray(used));
  }

  #onHead({ status, headers, keepAlive, upgrade }: MessageHead): "body" | "no body" | "other protocol" {
    const call = this.#call;
    if (call === undefined) return "no body";
    if (upgrade && status === 101) {
      this.#switched = true;
      this.#answer = { status, headers: headersOf(headers) };
      return "other protocol";
    }
    this.#informational = status < 200;
    if (this.#informational) {
      call.handler.onResponseStart?.(call, status, headersOf(headers));
      return "no body";
    }
    this.#keepAlive &&= keepAlive;
    const named = headersOf(headers);
    if (named["keep-alive"] !== undefined) this.#takeHint(String(named["keep-alive"]));
    call.handler.onResponseStart?.(call, status, named);
    if (call.request.method === "HEAD") return "no body";
    // Past the parser, which would copy every byte of it. It has checked the length, and allows no two of them and none beside chunks.
    const length = Number(named["content-length"] ?? 0);
    if (length < LENT_FROM_BYTES || status === 204 || status === 304) return "body";
    this.#plainBytes = length;
    return "other protocol";
  }

  #readPlain(bytes: Buffer): void {
    const call = this.#call;
    if (call === undefined || bytes.length === 0) return;
    const body = bytes.length > this.#plainBytes ? bytes.subarray(0, this.#plainBytes) : bytes;
    this.#plainBytes -= body.length;
    call.handler.onResponseData?.(call, this.#reader.lend(body));
    if (this.#plainBytes > 0 || this.#gone) return;
    this.#parser.restart();
    // Nobody asked for more.
    if (bytes.length > body.length) this.#keepAlive = false;
    this.#onComplete();
  }

  #onComplete(): void {
    if (this.#switched || this.#plainBytes > 0) return;
    if (this.#informational) {
      this.#informational = false;
      return;
    }
    const call = this.#call;
    if (call === undefined) return;
    this.#call = undefined;
    if (call.paused) this.resume();
    // An answer that came before the request's end leaves the rest of it in the way of the next one.
    if (this.#keepAlive && !this.#sending && this.keepMs > 0) this.#options.onFree(this);
    else {
      call.request.body?.destroy();
      this.end(ENDED);
    }
    call.complete();
  }

  #handOver(rest: Buffer): void {
    const call = this.#call!;
    const socket = this.#socket;
    if (call.request.upgrade === undefined) return this.end(new UpstreamError({ kind: "reset" }));
    this.#call = undefined;
    call.over = true;
    socket.removeAllListeners("end").removeAllListeners("error");
    socket.on("error", () => socket.destroy());
    this.#reader.handOver(socket, rest);
    const { status, headers } = this.#answer!;
    call.handler.onRequestUpgrade?.(call, status, headers, socket);
  }

  /** `timeout=5`: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Keep-Alive */
  #takeHint(hint: string): void {
    if (hint === this.#hint) return;
    this.#hint = hint;
    const seconds = /timeout=(\d+)/i.exec(hint)?.[1];
    if (seconds === undefined) return;
    this.keepMs = Math.min(Number(seconds) * 1_000 - HINT_MARGIN_MS, this.#options.idleTimeoutMs);
  }

  /** The other side has ended it, which completes a body without a length, and nothing else. */
  #onEnd(): void {
    if (this.#call === undefined || this.#plainBytes > 0 || !this.#parser.finish())
      this.end(new UpstreamError({ kind: "reset" }));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** For good; a request that is under way fails with `error`. */
  end(error: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    // Not from within its own callbacks.
    setImmediate(() => {
      this.#parser.close();
      this.#reader.release();
    });
    this.#socket.destroy();
    const call = this.#call;
    this.#call = undefined;
    this.#options.onGone(this);
    call?.fail(error);
  }
}

/** net.Socket is a Duplex and takes its options; Node's types do not say so. */
function dialled(host: string, port: number, reader: SocketReader): TcpNetConnectOpts {
  const buffer = { highWaterMark: BUFFER_BYTES };
  return { host, port, noDelay: true, onread: reader.onread(), ...buffer };
}

const NO_HANDSHAKE = tlsFailure(new Error("closed"));
const ENDED = new Error("no longer needed");

/** By lower-case name; several lines of one name are a list. */
function headersOf(raw: readonly string[]): AnswerHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const before = headers[name];
    const value = raw[i + 1]!;
    if (before === undefined) headers[name] = value;
    else if (typeof before === "string") headers[name] = [before, value];
    else before.push(value);
  }
  return headers;
}
