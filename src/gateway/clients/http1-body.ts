// The body of a client's request in HTTP/1.1, as its connection brings it.

import { Readable } from "node:stream";
import { BUFFER_BYTES } from "../wire/gathered-writes.ts";

export class Http1Body extends Readable {
  readonly #onRoom: () => void;
  #isFull = false;
  #isUnwanted = false;

  /** `onRoom`: there is room again. */
  constructor(onRoom: () => void) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#onRoom = onRoom;
    // Whoever reads it hears of it; an answer of the gateway's own reads nothing.
    this.on("error", () => {});
  }

  /** The client is not to be read on. */
  get isFull(): boolean {
    return this.#isFull && !this.#isUnwanted;
  }

  /** The rest is for nobody. */
  get isUnwanted(): boolean {
    return this.#isUnwanted || this.destroyed;
  }

  override _read(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#onRoom();
  }

  receive(chunk: Buffer): void {
    if (!this.isUnwanted && !this.push(chunk)) this.#isFull = true;
  }

  /** The answer is there: what else comes is read and forgotten. */
  dump(): void {
    this.#isUnwanted = true;
    this.#onRoom();
  }
}
