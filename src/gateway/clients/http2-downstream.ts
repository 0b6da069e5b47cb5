// A client that speaks HTTP/2: one stream of its session.

import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Downstream } from "../exchange/downstream.ts";
import * as local from "../exchange/local-reply.ts";
import type { Gate } from "../gate.ts";
import type { ConnectionEnds } from "../wire/addresses.ts";
import { type HeaderList, sealed, valuesByName } from "../wire/headers.ts";
import { outgoing, type RequestHead, requestHead, trailerList } from "../wire/http2-headers.ts";
import { isAuthority, isContinue } from "./client-request.ts";

export interface StreamRequest {
  stream: ServerHttp2Stream;
  ends: ConnectionEnds;
  rawHeaders: readonly string[];
  /** Nothing follows the headers. */
  endsWithHead: boolean;
}

export class Http2Downstream implements Downstream {
  readonly protocol = "HTTP/2";
  readonly ends: ConnectionEnds;
  readonly upgrade = undefined;
  readonly bodySource: ServerHttp2Stream | undefined;
  readonly #gate: Gate;
  readonly #stream: ServerHttp2Stream;
  readonly #head: RequestHead;
  #values: Map<string, string[]> | undefined;
  #requestTrailers: HeaderList | undefined;
  #answerTrailers: HeaderList | undefined;
  #code = 0;
  /** An answer's head that has not gone out yet: should nothing follow it, it is the whole answer. */
  #waiting: { record: OutgoingHttpHeaders; trailersMayFollow: boolean } | undefined;

  constructor(gate: Gate, { stream, ends, rawHeaders, endsWithHead }: StreamRequest) {
    this.#gate = gate;
    this.#stream = stream;
    this.ends = ends;
    this.#head = requestHead(rawHeaders);
    this.bodySource = endsWithHead ? undefined : stream;
    // Why a stream ends is told by its end: see onClose.
    stream.on("error", () => {});
    if (endsWithHead) stream.resume();
    else stream.on("trailers", (trailers) => (this.#requestTrailers = trailerList(trailers)));
  }

  get method(): string {
    return this.#head.method;
  }

  get target(): string {
    return this.#head.path;
  }

  get authority(): string | undefined {
    return this.#head.authority;
  }

  get rawHeaders(): readonly string[] {
    return this.#head.list;
  }

  values(name: string): readonly string[] | undefined {
    this.#values ??= valuesByName(this.#head.list);
    return this.#values.get(name);
  }

  text(name: string): string | undefined {
    return this.values(name)?.join(", ");
  }

  trailers(): HeaderList | undefined {
    return this.#requestTrailers;
  }

  refusal(): local.LocalReply | undefined {
    const { authority } = this.#head;
    if (authority === undefined) return local.NO_HOST;
    return isAuthority(authority) ? undefined : local.BAD_HOST;
  }

  get expectsContinue(): boolean {
    return isContinue(this.text("expect"));
  }

  writeContinue(): void {
    this.#stream.additionalHeaders({ ":status": 100 });
  }

  writeInformation(code: number, headers: HeaderList): void {
    if (!this.#stream.destroyed && !this.#stream.closed)
      this.#stream.additionalHeaders(outgoing(headers, { ":status": code }));
  }

  writeHead(code: number, headers: HeaderList, trailersMayFollow: boolean): void {
    this.#code = code;
    const record = outgoing(sealed(headers, this.#gate.httpDate()), { ":status": code });
    this.#waiting = { record, trailersMayFollow };
    process.nextTick(() => this.#flush(false));
  }

  get headSent(): boolean {
    return this.#code !== 0;
  }

  get sentCode(): number {
    return this.#code;
  }

  /** The frame says it. */
  emptyFraming(): HeaderList {
    return [];
  }

  write(chunk: Buffer): boolean {
    this.#flush(false);
    return this.#stream.write(chunk);
  }

  onceWritable(run: () => void): void {
    this.#stream.once("drain", run);
  }

  end(rest: Uint8Array | undefined, trailers: HeaderList | undefined): void {
    const isEmpty = rest === undefined || rest.length === 0;
    const isWhole = isEmpty && trailers === undefined;
    if (this.#waiting !== undefined && (isWhole || this.#head.method === "HEAD")) return this.#flush(true);
    this.#answerTrailers = trailers;
    if (trailers !== undefined && this.#waiting !== undefined) this.#waiting.trailersMayFollow = true;
    this.#flush(false);
    if (isEmpty) this.#stream.end();
    else this.#stream.end(rest);
    this.#stopReading();
  }

  abort(): void {
    this.#waiting = undefined;
    // To close it would end the answer as if it were complete.
    this.#stream.destroy(BROKEN_OFF);
  }

  /** Other streams go on. */
  closeAfterAnswer(): void {}

  onClose(run: () => void): void {
    // A reset looks like the request's end before the stream is closed.
    this.#stream.on("aborted", run).on("close", run);
  }

  #flush(endStream: boolean): void {
    if (this.#waiting === undefined) return;
    const { record, trailersMayFollow } = this.#waiting;
    this.#waiting = undefined;
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (trailersMayFollow && !endStream)
      stream.once("wantTrailers", () => stream.sendTrailers(outgoing(this.#answerTrailers ?? [])));
    try {
      stream.respond(record, { endStream, waitForTrailers: trailersMayFollow && !endStream });
    } catch {
      // A header that cannot be said in HTTP/2.
      return this.abort();
    }
    if (endStream) this.#stopReading();
  }

  /** An answer does not wait for the rest of the request: https://www.rfc-editor.org/rfc/rfc9113#section-8.1-10 */
  #stopReading(): void {
    const stream = this.#stream;
    if (this.bodySource === undefined || stream.readableEnded) return;
    const close = () => stream.close(constants.NGHTTP2_NO_ERROR);
    if (stream.writableFinished) close();
    else stream.once("finish", close);
  }
}

const BROKEN_OFF = new Error("the answer broke off");
