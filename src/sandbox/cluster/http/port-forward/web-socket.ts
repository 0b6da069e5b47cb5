// The server's end of a WebSocket after the handshake: binary messages both ways, pings answered, closed as RFC 6455 section 7 asks.

import type { Duplex } from "node:stream";
import { outletOf } from "./outlet.ts";
import { CLOSE, closePayload, encodeFrame, type FramePart, FrameReader, WebSocketError } from "./web-socket-frames.ts";

export interface MessagePart {
  /** True for the first piece of a message. */
  first: boolean;
  bytes: Buffer;
}

export class WebSocketEnd {
  #socket: Duplex;
  #write: (bytes: Buffer) => Promise<void>;
  #closing = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#write = outletOf(socket);
  }

  /** What the client sends, until it closes, breaks the protocol or goes away. Read no faster than it is taken. */
  async *parts(): AsyncGenerator<MessagePart> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false }))
        for (const part of reader.push(chunk as Buffer)) {
          if (part.kind === "close") return;
          if (part.kind === "binary") yield part;
          else await this.#answer(part);
        }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.close(error.code, error.message);
    }
  }

  /** One binary message. */
  async send(message: Buffer): Promise<void> {
    if (!this.#closing) await this.#write(encodeFrame("binary", message));
  }

  /** Says goodbye, or answers the client's; nothing is sent afterwards. */
  close(code: number = CLOSE.normal, reason?: string): void {
    if (this.#closing) return;
    this.#closing = true;
    void this.#write(encodeFrame("close", closePayload(code, reason)));
  }

  async #answer(part: FramePart): Promise<void> {
    if (part.kind === "text") throw new WebSocketError(CLOSE.unsupportedData, "only binary messages are understood");
    if (part.kind === "ping" && !this.#closing) await this.#write(encodeFrame("pong", part.bytes));
  }
}
