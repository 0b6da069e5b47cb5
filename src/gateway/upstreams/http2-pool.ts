// The connections to one endpoint that speaks HTTP/2: usually one; another when all have as many streams as they may have.

import type { Dispatcher } from "undici";
import { type CallOptions, Http2Call } from "./http2-call.ts";
import { type ConnectionOptions, Http2Connection } from "./http2-connection.ts";
import { Vacancy } from "./vacancy.ts";

export interface PoolOptions extends Omit<ConnectionOptions, "expectedStreams"> {
  maxConnections: number;
}

export class Http2Pool {
  readonly #options: PoolOptions;
  readonly #connections = new Set<Http2Connection>();
  /** All connections that there may be have as many streams as they may have. */
  readonly #waiting = new Set<Http2Call>();
  #closed = false;
  readonly #vacancy = new Vacancy();
  /** As the last peer that said so. */
  #expectedStreams = Infinity;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  dispatch(options: CallOptions, handler: Dispatcher.DispatchHandler): void {
    this.#place(new Http2Call(options, handler));
  }

  #place(call: Http2Call): void {
    // Its handler may have given it up at once.
    if (call.over) return;
    for (const connection of this.#connections) if (connection.hasRoom) return connection.add(call);
    if (this.#connections.size < this.#options.maxConnections) return this.#connect().add(call);
    this.#waiting.add(call);
    call.onOver = () => this.#waiting.delete(call);
  }

  #placeWaiting(): void {
    for (const call of this.#waiting) {
      const isFull = this.#connections.size >= this.#options.maxConnections;
      if (isFull && ![...this.#connections].some(({ hasRoom }) => hasRoom)) return;
      this.#waiting.delete(call);
      this.#place(call);
    }
    if (this.#closed) this.#retireAll();
  }

  #connect(): Http2Connection {
    const connection = new Http2Connection({ ...this.#options, expectedStreams: this.#expectedStreams });
    this.#connections.add(connection);
    connection.onSurplus = (call) => {
      this.#expectedStreams = connection.streams;
      this.#place(call);
    };
    connection.onRoom = () => this.#placeWaiting();
    connection.onClose = () => {
      this.#connections.delete(connection);
      this.#placeWaiting();
      if (this.#connections.size === 0) this.#vacancy.reached();
    };
    return connection;
  }

  /** No new calls come after this; resolves when the last one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#vacancy.after(this.#connections, () => {
      if (this.#waiting.size === 0) this.#retireAll();
    });
  }

  #retireAll(): void {
    for (const connection of this.#connections) connection.retire();
  }

  async destroy(): Promise<void> {
    await this.#vacancy.after(this.#connections, () => {
      for (const call of this.#waiting) call.fail({ kind: "reset" });
      for (const connection of this.#connections) connection.destroy();
    });
  }
}
