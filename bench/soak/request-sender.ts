// Sends one kind of HTTP/1.1 request and judges its answer: status, version and body must be the right ones.

import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { Sender } from "../../src/load/open-loop.ts";
import type { Outcome } from "../../src/load/tally.ts";
import { wrongWith } from "./judge.ts";
import type { SoakResult } from "./ledger.ts";

export interface RequestKind {
  port: number;
  host: string;
  method: string;
  /** Of the n-th request. */
  path(n: number): string;
  /** Of the n-th request. The answer must be the same bytes. */
  body?(n: number): Buffer;
  /** The body goes out in so many pieces over so long. */
  trickle?: { pieces: number; ms: number };
  /** A connection for each request. */
  fresh?: boolean;
  /** The client goes away after so long, before the answer. */
  giveUpAfterMs?: number;
  /** The client stops reading for so long after the first bytes of the answer. */
  readerPauseMs?: number;
  status: number;
  bytes?: number;
}

const TIMEOUT_MS = 30_000;
const MAX_SOCKETS = 256;
/** The gateway keeps connections for an hour: this client closes idle ones first, so that none is reused in that moment. */
const IDLE_MS = 20_000;
const TOLD_CHARS = 200;

export function requestSender(kind: RequestKind): Sender {
  const agent = new Agent({ keepAlive: kind.fresh !== true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS });
  let n = 0;
  return {
    close: () => agent.destroy(),
    one: (dueMs, done) => new OneRequest(kind, agent, n++, dueMs, done).send(),
  };
}

class OneRequest {
  readonly #kind: RequestKind;
  readonly #agent: Agent;
  readonly #n: number;
  readonly #dueMs: number;
  readonly #done: (outcome: Outcome) => void;
  readonly #timers: NodeJS.Timeout[] = [];
  #settled = false;
  #body: Buffer | undefined;

  constructor(kind: RequestKind, agent: Agent, n: number, dueMs: number, done: (outcome: Outcome) => void) {
    this.#kind = kind;
    this.#agent = agent;
    this.#n = n;
    this.#dueMs = dueMs;
    this.#done = done;
  }

  send(): void {
    const { host, port, method, fresh, giveUpAfterMs } = this.#kind;
    this.#body = this.#kind.body?.(this.#n);
    const path = this.#kind.path(this.#n);
    const length = this.#body === undefined || this.#kind.trickle ? {} : { "content-length": this.#body.length };
    const headers = { host, "user-agent": "serin-soak", ...(fresh ? { connection: "close" } : {}), ...length };
    const request = httpRequest({ agent: this.#agent, host: "127.0.0.1", port, method, path, headers });
    request.on("error", (error) => this.#fail(causeOf(error, request), path));
    request.on("response", (response) => this.#read(response, path));
    this.#after(TIMEOUT_MS, () => {
      this.#fail("timeout", path);
      request.destroy();
    });
    if (giveUpAfterMs !== undefined)
      this.#after(giveUpAfterMs, () => {
        this.#end({ kind: "answered", status: 0, version: undefined });
        request.destroy();
      });
    this.#sendBody(request);
  }

  #sendBody(request: ClientRequest): void {
    const { trickle } = this.#kind;
    const body = this.#body;
    if (body === undefined || trickle === undefined) return void request.end(body);
    const size = Math.ceil(body.length / trickle.pieces);
    // One timer after the other: several that are due at once would not fire in order.
    const sendFrom = (start: number) => {
      const rest = body.subarray(start, start + size);
      if (start + size >= body.length) return void request.end(rest);
      request.write(rest);
      this.#after(trickle.ms / trickle.pieces, () => sendFrom(start + size));
    };
    sendFrom(0);
  }

  #read(response: IncomingMessage, path: string): void {
    const chunks: Buffer[] = [];
    const { readerPauseMs } = this.#kind;
    response.on("data", (chunk: Buffer) => {
      if (readerPauseMs !== undefined && chunks.length === 0) {
        response.pause();
        this.#after(readerPauseMs, () => response.resume());
      }
      chunks.push(chunk);
    });
    response.on("end", () => this.#judge(response, Buffer.concat(chunks), path));
    response.on("error", (error) => this.#fail(`cut off: ${error.message}`, path));
  }

  #judge(response: IncomingMessage, body: Buffer, path: string): void {
    const status = response.statusCode ?? 0;
    const version = response.headers["x-echo-version"];
    const told = `${path}: ${body.toString("utf8", 0, TOLD_CHARS)}`;
    if (!response.complete) return this.#fail("cut off", told);
    const { status: expected, bytes } = this.#kind;
    const wrong = wrongWith(status, body, { status: expected, sent: this.#body, bytes });
    if (wrong !== undefined) return this.#fail(wrong, told, status);
    this.#end({ kind: "answered", status, version: typeof version === "string" ? version : undefined });
  }

  #fail(cause: string, detail: string, got?: number): void {
    this.#end({ kind: "failed", cause, detail, ...(got === undefined ? {} : { got }) });
  }

  #end(result: SoakResult): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#done({ ...result, latencyMs: performance.now() - this.#dueMs });
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push(setTimeout(run, ms));
  }
}

function causeOf(error: NodeJS.ErrnoException, request: ClientRequest): string {
  const reused = request.reusedSocket ? " (reused connection)" : "";
  return `${error.code ?? error.message}${reused}`;
}
