// One attempt at one upstream: passes the answer to the client with back-pressure, or says how it failed.

import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import type { Admission, Ticket } from "./admission.ts";
import type { Failure } from "./local-reply.ts";
import type { AnswerHeaders } from "./retry.ts";
import type { Upstream } from "./upstream.ts";

export interface AttemptOwner {
  /** Headers have come. False: do not pass this answer on. */
  onAnswer(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): boolean;
  onData(bytes: number): void;
  /** The answer is complete; `rest` is what has not been written to the client yet. */
  onEnd(rest: Buffer | undefined): void;
  onFailure(failure: Failure): void;
  /** The upstream has switched protocols; `over` is to be called when the connection has ended. */
  onUpgrade(headers: AnswerHeaders, socket: Duplex, over: () => void): void;
}

/** Up to here a body that came in one piece is held for a moment and goes out in one write with the headers. */
const ONE_WRITE_BYTES = 16_384;

const ABANDONED = new Error("abandoned by the gateway");

type AttemptOptions = Pick<Dispatcher.DispatchOptions, "path" | "headers" | "body" | "reset" | "upgrade"> & {
  method: string;
};

export class Attempt implements Dispatcher.DispatchHandler {
  readonly upstream: Upstream;
  readonly #owner: AttemptOwner;
  readonly #response: ServerResponse;
  #controller: Dispatcher.DispatchController | undefined;
  #state: "running" | "abandoned" | "over" = "running";
  /** The announced length, while nothing has been written. */
  #expectedBytes = -1;
  #held: Buffer | undefined;

  readonly #admission: Admission | undefined;
  #ticket: Ticket | undefined;

  constructor(owner: AttemptOwner, upstream: Upstream, response: ServerResponse, admission: Admission | undefined) {
    this.#admission = admission;
    this.#owner = owner;
    this.upstream = upstream;
    this.#response = response;
  }

  send(options: AttemptOptions): void {
    this.upstream.inFlight++;
    this.upstream.stats.totals.inFlight++;
    if (this.#admission === undefined) return this.#dispatch(options);
    this.#ticket = { host: this.upstream, run: () => this.#dispatch(options) };
    if (this.#admission.enter(this.#ticket)) return;
    this.#over();
    this.#owner.onFailure({ kind: "overflow" });
  }

  #dispatch(options: AttemptOptions): void {
    try {
      this.upstream.dispatch(options, this);
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
    if (this.#state === "abandoned") controller.abort(ABANDONED);
  }

  onRequestUpgrade(_: Dispatcher.DispatchController, _status: number, headers: AnswerHeaders, socket: Duplex): void {
    if (this.#state === "running") return this.#owner.onUpgrade(headers, socket, () => this.#over());
    socket.destroy();
    this.#over();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // 1xx: the client has had its 100 from us.
    if (status < 200 || this.#state !== "running") return;
    if (this.#owner.onAnswer(status, headers)) this.#expectedBytes = Number(headers["content-length"] ?? -1);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state !== "running") return;
    this.#owner.onData(chunk.length);
    if (chunk.length === this.#expectedBytes && chunk.length <= ONE_WRITE_BYTES) {
      this.#held = chunk;
      return;
    }
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    const running = this.#state === "running";
    this.#over();
    if (running) this.#owner.onEnd(this.#held);
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

/** undici's and Node's errors in Envoy's terms. */
function failureOf(error: Error & { code?: string; syscall?: string }): Failure {
  if (error.code === "UND_ERR_CONNECT_TIMEOUT") return { kind: "connect", reason: "timeout" };
  if (error.syscall === "connect" || CONNECT_REASONS[error.code ?? ""] !== undefined)
    return { kind: "connect", reason: CONNECT_REASONS[error.code ?? ""] ?? "Connection refused" };
  if (
    error.code?.startsWith("HPE_") ||
    error.name === "HTTPParserError" ||
    error.code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"
  )
    return { kind: "protocol" };
  return { kind: "reset" };
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
  ENETUNREACH: "Network is unreachable",
  EADDRNOTAVAIL: "Cannot assign requested address",
};
