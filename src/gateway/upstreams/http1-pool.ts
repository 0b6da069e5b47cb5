// The connections to one endpoint that speaks HTTP/1.1: as many as requests run at once; the one that was used last is used next, so
// that those that are not needed grow old and end.

import type { Dispatcher } from "undici";
import type { Http1Request } from "../wire/http1-head.ts";
import { FOREVER_MS } from "../wire/idle-timer.ts";
import { UpstreamError } from "../wire/upstream-error.ts";
import { Http1Call } from "./http1-call.ts";
import { type ConnectionOptions, Http1Connection } from "./http1-connection.ts";
import { Vacancy } from "./vacancy.ts";

export interface Http1PoolOptions extends Omit<ConnectionOptions, "onFree" | "onGone"> {
  maxConnections: number;
  maxAgeMs: number | undefined;
}

/** A connection that rested so long may have been ended by the other side: the news of it is let in before it is used again. */
const FRESH_MS = 100;
const GONE = new UpstreamError({ kind: "reset" });

export class Http1Pool {
  readonly #options: Http1PoolOptions;
  readonly #connectionOptions: ConnectionOptions;
  readonly #connections = new Set<Http1Connection>();
  /** The last one was used last. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting = new Set<Http1Call>();
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #vacancy = new Vacancy();

  constructor(options: Http1PoolOptions) {
    this.#options = options;
    this.#connectionOptions = {
      ...options,
      onFree: (connection) => this.#onFree(connection),
      onGone: (connection) => this.#onGone(connection),
    };
  }

  /** The next request would begin at once. */
  get hasIdle(): boolean {
    return this.#idle.length > 0;
  }

  dispatch(request: Http1Request, handler: Dispatcher.DispatchHandler): void {
    this.#place(new Http1Call(request, handler));
  }

  #place(call: Http1Call): void {
    const nowMs = performance.now();
    for (let rested = this.#idle.pop(); rested !== undefined; rested = this.#idle.pop()) {
      if (this.#isTooOld(rested, nowMs)) rested.end(GONE);
      else if (nowMs - rested.idleSinceMs <= FRESH_MS) return rested.send(call);
      else return this.#sendAfterNews(rested, call);
    }
    if (this.#connections.size < this.#options.maxConnections) this.#connect(call);
    else this.#waiting.add(call);
  }

  /** Whatever has come meanwhile is read before immediates run. */
  #sendAfterNews(connection: Http1Connection, call: Http1Call): void {
    setImmediate(() => {
      if (connection.gone) this.#place(call);
      else connection.send(call);
    });
  }

  #connect(call: Http1Call): void {
    const connection = new Http1Connection(this.#connectionOptions);
    this.#connections.add(connection);
    connection.send(call);
  }

  #isTooOld({ startedMs, idleSinceMs, keepMs }: Http1Connection, nowMs: number): boolean {
    const { maxAgeMs } = this.#options;
    return nowMs - idleSinceMs >= keepMs || (maxAgeMs !== undefined && nowMs - startedMs >= maxAgeMs);
  }

  #onFree(connection: Http1Connection): void {
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      return connection.send(call);
    }
    if (this.#closed) return connection.end(GONE);
    connection.idleSinceMs = performance.now();
    this.#idle.push(connection);
    if (this.#sweep === undefined) this.#sweepAfter(connection.keepMs);
  }

  #onGone(connection: Http1Connection): void {
    this.#connections.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    for (const call of this.#waiting) {
      if (this.#connections.size >= this.#options.maxConnections) break;
      this.#waiting.delete(call);
      this.#place(call);
    }
    if (this.#connections.size > 0) return;
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    this.#vacancy.reached();
  }

  /** One timer for all, that fires when the one that rests longest may be too old: a timer for each request would cost more. */
  #sweepAfter(ms: number): void {
    this.#sweep = setTimeout(
      () => {
        const nowMs = performance.now();
        this.#sweep = undefined;
        for (const each of this.#idle.filter((connection) => this.#isTooOld(connection, nowMs))) each.end(GONE);
        const next = this.#idle.reduce((least, each) => Math.min(least, each.idleSinceMs + each.keepMs), Infinity);
        if (next !== Infinity) this.#sweepAfter(next - nowMs);
      },
      Math.min(Math.max(1, ms), FOREVER_MS),
    ).unref();
  }

  /** No new requests come after this; resolves when the last one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#vacancy.after(this.#connections, () => {
      for (const each of [...this.#idle]) each.end(GONE);
    });
  }

  /** Ends everything now. */
  async destroy(): Promise<void> {
    this.#closed = true;
    for (const call of this.#waiting) call.fail(GONE);
    this.#waiting.clear();
    await this.#vacancy.after(this.#connections, () => {
      for (const each of [...this.#connections]) each.end(GONE);
    });
  }
}
