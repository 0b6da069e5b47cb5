// One request to an upstream that speaks HTTP/2: a stream of a session, told to a handler in undici's words.

import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { HeaderList } from "../wire/headers.ts";
import { incoming, outgoing, trailerList } from "../wire/http2-headers.ts";
import type { Failure } from "../wire/upstream-error.ts";
import { UpstreamError } from "../wire/upstream-error.ts";

export interface CallOptions {
  path: string;
  method: string;
  scheme: "http" | "https";
  /** Flat; `host` becomes `:authority`. */
  headers: HeaderList;
  body: Readable | null;
  /** What follows the body; asked when it has ended. Undefined: nothing can. */
  trailers: (() => HeaderList | undefined) | undefined;
}

export class Http2Call implements Dispatcher.DispatchController {
  readonly aborted = false;
  readonly reason = null;
  readonly #options: CallOptions;
  readonly #handler: Dispatcher.DispatchHandler;
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;
  #error: (Error & { code?: string }) | undefined;
  #answered = false;
  #over = false;
  #trailers: Record<string, string | string[]> = {};

  /** The answer has neither body nor trailers; known when its head has come. */
  endsWithHead = false;
  /** How often it was given back by a connection that could not take it. */
  moves = 0;
  /** The answer is complete or will not come. */
  onOver: (() => void) | undefined;

  constructor(options: CallOptions, handler: Dispatcher.DispatchHandler) {
    this.#options = options;
    this.#handler = handler;
    handler.onRequestStart?.(this, {});
  }

  get over(): boolean {
    return this.#over;
  }

  start(session: ClientHttp2Session): void {
    this.#session = session;
    const { path, method, scheme, headers, body, trailers } = this.#options;
    const host = headers[headers.indexOf("host") + 1]!;
    const pseudo = { ":method": method, ":path": path, ":scheme": scheme, ":authority": host };
    const mayTrail = body !== null && trailers !== undefined;
    try {
      this.#stream = session.request(outgoing(headers, pseudo), {
        endStream: body === null,
        waitForTrailers: mayTrail,
      });
    } catch (error) {
      return this.fail({ kind: "protocol" }, error as Error);
    }
    this.#listen(this.#stream);
    if (mayTrail) this.#stream.on("wantTrailers", () => this.#endRequest(trailers()));
    body?.pipe(this.#stream);
  }

  /** A request that is given up must not look complete. */
  #endRequest(trailers: HeaderList | undefined): void {
    if (!this.#over) this.#stream!.sendTrailers(outgoing(trailers ?? []));
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on("headers", (_headers, _flags, raw?: string[]) => this.#onInformation(raw ?? []));
    stream.on("response", (_headers, flags, raw?: string[]) => this.#onResponse(flags, raw ?? []));
    stream.on("data", (chunk: Buffer) => this.#handler.onResponseData?.(this, chunk));
    stream.on("trailers", (trailers) => (this.#trailers = incoming(trailerList(trailers))));
    // Node ends what it reads at a reset, too.
    stream.on("end", () => (stream.rstCode ? undefined : this.#onEnd()));
    stream.on("error", (error) => (this.#error = error));
    stream.on("close", () => this.fail(this.#failure(stream.rstCode ?? 0), this.#error));
  }

  #onInformation(raw: readonly string[]): void {
    this.#handler.onResponseStart?.(this, statusIn(raw), incoming(raw));
  }

  #onResponse(flags: number, raw: readonly string[]): void {
    this.#answered = true;
    this.endsWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#handler.onResponseStart?.(this, statusIn(raw), incoming(raw));
    // At once, so that an answer that is all head stays one.
    if (this.endsWithHead) this.#onEnd();
  }

  #onEnd(): void {
    if (this.#over || !this.#answered) return;
    this.#over = true;
    this.#handler.onResponseEnd?.(this, this.#trailers);
    this.#stopSending();
    this.onOver?.();
  }

  /** A complete answer makes the rest of the request needless. */
  #stopSending(): void {
    const stream = this.#stream!;
    if (!stream.writableFinished) stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #failure(code: number): Failure {
    // The peer's bytes are no HTTP/2.
    if (this.#error?.code === "ERR_HTTP2_ERROR") return { kind: "protocol" };
    if (this.#session!.destroyed) return { kind: "reset" };
    return FAILURES[code] ?? { kind: "remote-reset" };
  }

  fail(failure: Failure, cause?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseError?.(this, new UpstreamError(failure, { cause }));
    this.onOver?.();
  }

  abort(): void {
    if (this.#over) return;
    // One that the peer has ended is closed for Node, though nobody has read it to its end.
    if (this.#stream?.closed) this.#stream.destroy();
    else this.#stream?.close(constants.NGHTTP2_CANCEL);
    this.fail({ kind: "reset" });
  }

  get paused(): boolean {
    return this.#stream?.isPaused() ?? false;
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }
}

function statusIn(raw: readonly string[]): number {
  return Number(raw[raw.indexOf(":status") + 1]);
}

/** By a stream's error code. */
const FAILURES: Readonly<Record<number, Failure>> = {
  [constants.NGHTTP2_PROTOCOL_ERROR]: { kind: "protocol" },
  [constants.NGHTTP2_REFUSED_STREAM]: { kind: "refused" },
};
