// One request to an upstream that speaks HTTP/1.1, told to a handler in undici's words.

import type { Dispatcher } from "undici";
import type { Http1Request } from "../wire/http1-head.ts";

/** The connection that a request is on. */
interface Carrier {
  end(error: Error): void;
  pause(): void;
  resume(): void;
}

export class Http1Call implements Dispatcher.DispatchController {
  readonly aborted = false;
  readonly reason = null;
  readonly request: Http1Request;
  readonly handler: Dispatcher.DispatchHandler;
  /** Which one carries it; undefined until it is sent. */
  connection: Carrier | undefined;
  paused = false;
  over = false;

  constructor(request: Http1Request, handler: Dispatcher.DispatchHandler) {
    this.request = request;
    this.handler = handler;
  }

  abort(reason: Error): void {
    if (this.over) return;
    if (this.connection === undefined) this.fail(reason);
    else this.connection.end(reason);
  }

  pause(): void {
    if (this.over || this.paused) return;
    this.paused = true;
    this.connection?.pause();
  }

  resume(): void {
    if (this.over || !this.paused) return;
    this.paused = false;
    this.connection?.resume();
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.request.body?.destroy();
    this.handler.onResponseError?.(this, error);
  }

  complete(): void {
    this.over = true;
    this.handler.onResponseEnd?.(this, {});
  }
}
