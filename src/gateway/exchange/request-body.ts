// A request body that can be sent again. While retries are possible what was read is kept, up to Envoy's default buffer
// limit; beyond that the request is not retried. Back-pressure goes through: the client is read as fast as the upstream takes.

import { Readable } from "node:stream";
import { BUFFER_BYTES } from "../wire/gathered-writes.ts";
import { hold, letGo } from "../wire/read-buffers.ts";
import type { Downstream } from "./downstream.ts";

const REPLAY_LIMIT_BYTES = 1_048_576;

/** `keep`: it may have to be sent again. */
export function bodyOf({ bodySource }: Downstream, keep: boolean): RequestBody | undefined {
  return bodySource && new RequestBody(bodySource, keep);
}

export class RequestBody {
  readonly #source: Readable;
  #kept: Buffer[] | undefined = [];
  #bytes = 0;
  #ended = false;
  #onEnd: (() => void) | undefined;
  #current: Readable | undefined;
  #isDiscarded = false;

  constructor(source: Readable, keep: boolean) {
    this.#source = source;
    if (!keep) this.#kept = undefined;
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => {
      this.#ended = true;
      this.#current?.push(null);
      this.#onEnd?.();
    });
    source.on("error", (error) => this.#current?.destroy(error));
    source.pause();
  }

  get bytesReceived(): number {
    return this.#bytes;
  }

  /** False once more has passed than is kept. */
  get replayable(): boolean {
    return this.#kept !== undefined || this.#bytes === 0;
  }

  /** Runs once, when the whole body has come in. */
  whenReceived(run: () => void): void {
    if (this.#ended) run();
    else this.#onEnd = run;
  }

  /** The body from its beginning, for one attempt; an earlier attempt's stream gets nothing more. */
  open(): Readable {
    const stream = new Readable({ highWaterMark: BUFFER_BYTES, read: () => void this.#source.resume() });
    // The attempt reports its own failure; the stream's end with it is no second error.
    stream.on("error", () => {});
    this.#current = stream;
    for (const chunk of this.#kept ?? []) {
      hold(chunk);
      stream.push(chunk);
    }
    if (this.#ended) stream.push(null);
    return stream;
  }

  /** The answer is complete: the rest of what the client sends is read for nobody, so that it sees the answer. */
  discard(): void {
    this.#isDiscarded = true;
    this.#forget();
    this.#current = undefined;
    if (!this.#ended) this.#source.resume();
  }

  #take(chunk: Buffer): void {
    // Who does not need a chunk does not let go of it either: a mirror may be about to hold it.
    if (this.#isDiscarded) return;
    this.#bytes += chunk.length;
    if (this.#bytes > REPLAY_LIMIT_BYTES) this.#forget();
    if (this.#kept !== undefined) {
      hold(chunk);
      this.#kept.push(chunk);
    }
    const current = this.#current;
    if (current === undefined || current.destroyed || !current.push(chunk)) this.#source.pause();
  }

  #forget(): void {
    for (const chunk of this.#kept ?? []) letGo(chunk);
    this.#kept = undefined;
  }
}
