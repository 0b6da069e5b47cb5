// One attempt at one upstream: passes the answer to the client with back-pressure, or says how it failed.

import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { Admission, Ticket } from "../upstreams/admission.ts";
import type { Http2Call } from "../upstreams/http2-call.ts";
import type { Upstream, UpstreamRequest } from "../upstreams/upstream.ts";
import type { AnswerHeaders, HeaderList } from "../wire/headers.ts";
import { trailerList } from "../wire/http2-headers.ts";
import type { Failure } from "../wire/upstream-error.ts";
import { connectFailure, UpstreamError } from "../wire/upstream-error.ts";
import type { Downstream } from "./downstream.ts";

export interface AttemptOwner {
  /** Headers have come, and nothing follows where that is known. False: do not pass this answer on. */
  onAnswer(status: number, headers: AnswerHeaders, endsWithHead: boolean): boolean;
  /** 1xx, before the answer. */
  onInformation(status: number, headers: AnswerHeaders): void;
  onData(bytes: number): void;
  /** The answer is complete; `rest` is what has not been written to the client yet. Trailers of HTTP/1.1 are dropped, as in Envoy. */
  onEnd(rest: Buffer | undefined, trailers: HeaderList | undefined): void;
  onFailure(failure: Failure): void;
  /** The upstream has switched protocols; `over` is to be called when the connection has ended. */
  onUpgrade(headers: AnswerHeaders, socket: Duplex, over: () => void): void;
}

/** Up to here a body that came in one piece is held for a moment and goes out in one write with the headers. */
const ONE_WRITE_BYTES = 16_384;

const ABANDONED = new Error("abandoned by the gateway");

export class Attempt implements Dispatcher.DispatchHandler {
  readonly upstream: Upstream;
  readonly #owner: AttemptOwner;
  readonly #client: Downstream;
  readonly speaksHttp2: boolean;
  #controller: Dispatcher.DispatchController | undefined;
  #state: "running" | "abandoned" | "over" = "running";
  /** The announced length, while nothing has been written. */
  #expectedBytes = -1;
  #held: Buffer | undefined;

  readonly #admission: Admission | undefined;
  #ticket: Ticket | undefined;

  constructor(owner: AttemptOwner, upstream: Upstream, client: Downstream, admission: Admission | undefined) {
    this.#admission = admission;
    this.#owner = owner;
    this.upstream = upstream;
    this.#client = client;
    this.speaksHttp2 = upstream.speaksHttp2(client.protocol);
  }

  send(options: UpstreamRequest): void {
    this.upstream.inFlight++;
    this.upstream.stats.totals.inFlight++;
    if (this.#admission === undefined) return this.#dispatch(options);
    this.#ticket = {
      host: this.upstream,
      isConnected: () => this.speaksHttp2 || this.upstream.hasIdleConnection(options.headers),
      run: () => this.#dispatch(options),
    };
    if (this.#admission.enter(this.#ticket)) return;
    this.#over();
    this.#owner.onFailure({ kind: "overflow" });
  }

  #dispatch(options: UpstreamRequest): void {
    try {
      this.upstream.dispatch(options, this, this.speaksHttp2);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
    }
  }

  /** No more of this attempt reaches the owner; its connection ends unless it is already free. */
  abandon(): void {
    if (this.#state !== "running") return;
    this.#state = "abandoned";
    if (this.#ticket !== undefined && this.#admission!.isWaiting(this.#ticket)) this.#over();
    else this.#controller?.abort(ABANDONED);
  }

  /** Ends the attempt from our side, for a reason that the owner is told. */
  fail(failure: Failure): void {
    if (this.#state !== "running") return;
    this.abandon();
    this.#owner.onFailure(failure);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ticket !== undefined) this.#admission!.started(this.#ticket);
    if (this.#state === "abandoned") controller.abort(ABANDONED);
  }

  onRequestUpgrade(_: Dispatcher.DispatchController, _status: number, headers: AnswerHeaders, socket: Duplex): void {
    if (this.#state === "running") return this.#owner.onUpgrade(headers, socket, () => this.#over());
    socket.destroy();
    this.#over();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (this.#state !== "running") return;
    if (status < 200) return this.#owner.onInformation(status, headers);
    const endsWithHead = this.speaksHttp2 && (controller as Http2Call).endsWithHead;
    if (this.#owner.onAnswer(status, headers, endsWithHead))
      this.#expectedBytes = Number(headers["content-length"] ?? -1);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state !== "running") return;
    this.#owner.onData(chunk.length);
    if (chunk.length === this.#expectedBytes && chunk.length <= ONE_WRITE_BYTES) {
      this.#held = chunk;
      return;
    }
    if (this.#client.write(chunk)) return;
    controller.pause();
    this.#client.onceWritable(() => controller.resume());
  }

  onResponseEnd(_: Dispatcher.DispatchController, trailers: AnswerHeaders): void {
    const running = this.#state === "running";
    this.#over();
    if (running) this.#owner.onEnd(this.#held, this.speaksHttp2 ? listed(trailers) : undefined);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    const running = this.#state === "running";
    this.#over();
    if (running) this.#owner.onFailure(failureOf(error));
  }

  #over(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.upstream.inFlight--;
    this.upstream.stats.totals.inFlight--;
    if (this.#ticket !== undefined) this.#admission!.leave(this.#ticket);
  }
}

/** Undefined when there are none. */
function listed(trailers: AnswerHeaders): HeaderList | undefined {
  const list = trailerList(trailers);
  return list.length === 0 ? undefined : list;
}

/** undici's and Node's errors in Envoy's terms. */
function failureOf(error: Error & { code?: string; syscall?: string }): Failure {
  if (error instanceof UpstreamError) return error.failure;
  const failure = connectFailure(error);
  if (failure !== undefined) return failure;
  if (
    error.code?.startsWith("HPE_") ||
    error.name === "HTTPParserError" ||
    error.code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"
  )
    return { kind: "protocol" };
  return { kind: "reset" };
}
