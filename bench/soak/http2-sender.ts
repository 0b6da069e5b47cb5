// Sends one kind of HTTP/2 request (prior knowledge) and judges its answer: status, version, body and trailers must be the right ones.
// All of a kind share one session, or have one each.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import type { Sender } from "../../src/load/open-loop.ts";
import type { Outcome } from "../../src/load/tally.ts";
import { CLIENT_TRAILER, HEARD_BYTES, HEARD_TRAILER } from "./http2-app.ts";
import { wrongWith } from "./judge.ts";
import type { SoakResult } from "./ledger.ts";

export interface Http2Kind {
  port: number;
  host: string;
  /** Of the n-th request. */
  path(n: number): string;
  /** Of the n-th request, which is a POST then. The answer must be the same bytes. */
  body?(n: number): Buffer;
  /** The client's trailer must reach the pod, and the pod's trailers the client. */
  trailers?: boolean;
  /** A session for each request. */
  fresh?: boolean;
  /** The client resets the stream after so long, before the answer. */
  resetAfterMs?: number;
  /** The client resets the stream when the answer has begun; a body is not complete by then. */
  resetHalfway?: boolean;
  /** The client stops reading for so long after the first bytes of the answer. */
  readerPauseMs?: number;
  bytes?: number;
}

const TIMEOUT_MS = 30_000;
/** Of a session: so that a reader who stops holds up its own stream and no other. */
const WINDOW_BYTES = 16_777_216;
const TOLD_CHARS = 200;

export function http2Sender(kind: Http2Kind): Sender {
  let kept: ClientHttp2Session | undefined;
  let n = 0;
  const session = () => {
    if (kind.fresh) return openSession(kind.port);
    if (kept === undefined || kept.closed || kept.destroyed) kept = openSession(kind.port);
    return kept;
  };
  return {
    close: () => kept?.close(),
    one: (dueMs, done) => new OneStream(kind, session(), n++, dueMs, done).send(),
  };
}

function openSession(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("connect", () => session.setLocalWindowSize(WINDOW_BYTES));
  // Its streams tell.
  session.on("error", () => {});
  return session;
}

class OneStream {
  readonly #kind: Http2Kind;
  readonly #session: ClientHttp2Session;
  readonly #n: number;
  readonly #path: string;
  readonly #body: Buffer | undefined;
  readonly #dueMs: number;
  readonly #done: (outcome: Outcome) => void;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #chunks: Buffer[] = [];
  #head: IncomingHttpHeaders & { ":status"?: number } = {};
  #trailers: IncomingHttpHeaders = {};
  #cause: string | undefined;
  #wasReset = false;
  #ended = false;

  constructor(
    kind: Http2Kind,
    session: ClientHttp2Session,
    n: number,
    dueMs: number,
    done: (outcome: Outcome) => void,
  ) {
    this.#kind = kind;
    this.#session = session;
    this.#n = n;
    this.#path = kind.path(n);
    this.#body = kind.body?.(n);
    this.#dueMs = dueMs;
    this.#done = done;
  }

  send(): void {
    const { host, trailers, resetAfterMs, resetHalfway } = this.#kind;
    const method = this.#body === undefined ? "GET" : "POST";
    const head = { ":authority": host, ":method": method, ":path": this.#path, "user-agent": "serin-soak" };
    const options = { endStream: this.#body === undefined, waitForTrailers: trailers === true };
    const stream = this.#session.request(head, options);
    this.#listen(stream);
    stream.on("wantTrailers", () => stream.sendTrailers({ [CLIENT_TRAILER]: String(this.#n) }));
    this.#after(TIMEOUT_MS, () => {
      this.#cause = "timeout";
      stream.close(constants.NGHTTP2_CANCEL);
    });
    if (resetAfterMs !== undefined) this.#after(resetAfterMs, () => this.#reset(stream));
    if (this.#body !== undefined && resetHalfway) stream.write(this.#body);
    else if (this.#body !== undefined) stream.end(this.#body);
  }

  #listen(stream: ClientHttp2Stream): void {
    const { readerPauseMs, resetHalfway } = this.#kind;
    stream.on("response", (head) => (this.#head = head));
    stream.on("trailers", (trailers) => (this.#trailers = trailers));
    stream.on("data", (chunk: Buffer) => {
      const isFirst = this.#chunks.push(chunk) === 1;
      if (isFirst && resetHalfway) this.#reset(stream);
      if (!isFirst || readerPauseMs === undefined) return;
      stream.pause();
      this.#after(readerPauseMs, () => stream.resume());
    });
    // Node ends what it reads at a reset, too.
    stream.on("end", () => (this.#ended = true));
    stream.on("error", (error: NodeJS.ErrnoException) => (this.#cause ??= error.code ?? error.message));
    stream.on("close", () => this.#over(stream.rstCode ?? 0));
  }

  #reset(stream: ClientHttp2Stream): void {
    this.#wasReset = true;
    stream.close(constants.NGHTTP2_CANCEL);
  }

  #over(resetCode: number): void {
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#kind.fresh) this.#session.close();
    const result = this.#result(resetCode);
    this.#done({ ...result, latencyMs: performance.now() - this.#dueMs });
  }

  #result(resetCode: number): SoakResult {
    const status = this.#head[":status"] ?? 0;
    const told = this.#head["x-echo-version"];
    const version = typeof told === "string" ? told : undefined;
    const body = Buffer.concat(this.#chunks);
    const detail = `${this.#path}: ${status} from ${version}, ${body.length} bytes, reset ${resetCode}: ${body.toString("utf8", 0, TOLD_CHARS)}`;
    const cause = this.#wasReset ? this.#wrongAtReset(status) : this.#wrongAtEnd(status, body, resetCode);
    if (cause === undefined) return { kind: "answered", status, version };
    return { kind: "failed", cause, detail, got: status };
  }

  #wrongAtReset(status: number): string | undefined {
    const expected = this.#kind.resetHalfway ? 200 : 0;
    return status === expected ? undefined : `${status} in place of ${expected}`;
  }

  #wrongAtEnd(status: number, body: Buffer, resetCode: number): string | undefined {
    if (this.#cause !== undefined) return this.#cause;
    if (resetCode !== constants.NGHTTP2_NO_ERROR || !this.#ended) return `cut off (reset ${resetCode})`;
    const wrong = wrongWith(status, body, { status: 200, sent: this.#body, bytes: this.#kind.bytes });
    return wrong ?? this.#wrongTrailers();
  }

  #wrongTrailers(): string | undefined {
    if (!this.#kind.trailers) return undefined;
    const told = [this.#trailers[HEARD_BYTES], this.#trailers[HEARD_TRAILER]].join(" ");
    const expected = `${this.#body?.length ?? 0} ${this.#n}`;
    return told === expected ? undefined : `trailers "${told}" in place of "${expected}"`;
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push(setTimeout(run, ms));
  }
}
