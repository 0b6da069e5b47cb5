// Pieces of a large body come in the same round of the event loop, as many as a socket has at once: written together they cost the
// kernel one call, written each by itself as many as they are.

import type { Socket } from "node:net";

/** How far the slower side may be behind before the faster one is held back: a large piece and the head before it must fit in. */
export const BUFFER_BYTES = 262_144;

export class GatheredWrites {
  readonly #socket: Socket;
  #gathering = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** To be called before each write: what is written until all sockets of this round have been read goes out at once. */
  begin(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#gathering = false;
      this.#socket.uncork();
    });
  }
}
