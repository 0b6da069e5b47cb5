// Reads a socket into memory of ours, past its stream. Node offers that for sockets that it connects (`onread`); for accepted ones and
// those of TLS the same is set here, under the names that Node has for it. Where a later Node has others the stream is read instead.

/* oxlint-disable no-underscore-dangle -- Node's own name. */

import type { OnReadOpts, Socket } from "node:net";
import { ReadBuffer } from "./read-buffers.ts";

type Internals = Socket & {
  _handle?: { useUserBuffer?(memory: Buffer): void } | null;
  [internal: symbol]: unknown;
};

export class SocketReader {
  #onBytes: (bytes: Buffer) => void;
  #buffer: ReadBuffer | undefined;
  /** Set when it is a stream again. */
  #stream: Socket | undefined;

  constructor(onBytes: (bytes: Buffer) => void) {
    this.#onBytes = onBytes;
  }

  /** For net.connect. */
  onread(): OnReadOpts {
    const buffer = new ReadBuffer();
    this.#buffer = buffer;
    return { buffer: () => buffer.next(), callback: (length) => this.#take(length) };
  }

  /** For a socket that is there already; what its stream has read is passed on first. */
  attach(socket: Socket): void {
    const internals = socket as Internals;
    const [kBuffer, kBufferGen, kBufferCb] = symbolsOf(socket);
    const read = socket.read() as Buffer | null;
    if (kBuffer === undefined || internals._handle?.useUserBuffer === undefined)
      socket.on("data", (bytes: Buffer) => this.#onBytes(bytes));
    else {
      const buffer = new ReadBuffer();
      this.#buffer = buffer;
      const memory = buffer.next();
      internals[kBuffer] = memory;
      internals[kBufferGen!] = () => buffer.next();
      internals[kBufferCb!] = (length: number) => this.#take(length);
      internals._handle.useUserBuffer(memory);
    }
    socket.resume();
    // Not before that has come into effect: it would undo a pause.
    if (read !== null) process.nextTick(() => this.#onBytes(read));
  }

  /** For somebody else from the next read on. */
  passOn(onBytes: (bytes: Buffer) => void): void {
    this.#onBytes = onBytes;
  }

  /** Keeps a part of what has just been read beyond the next read: see read-buffers.ts. */
  lend(bytes: Buffer): Buffer {
    return this.#buffer?.lend(bytes) ?? bytes;
  }

  /** From now on the bytes are in the socket's stream, for somebody else; `rest` first. */
  handOver(socket: Socket, rest: Buffer): void {
    socket.removeAllListeners("data");
    socket.pause();
    if (rest.length > 0) socket.unshift(Buffer.from(rest));
    this.#stream = socket;
  }

  /** The socket is closed. */
  release(): void {
    this.#buffer?.release();
    this.#buffer = undefined;
  }

  #take(length: number): boolean {
    const bytes = this.#buffer!.bytes(length);
    if (this.#stream !== undefined) return this.#stream.push(Buffer.from(bytes));
    this.#onBytes(bytes);
    return true;
  }
}

let symbols: readonly (symbol | undefined)[] | undefined;

/** Every socket has them, whether they are used or not. */
function symbolsOf(socket: Socket): readonly (symbol | undefined)[] {
  if (symbols !== undefined) return symbols;
  const own = Object.getOwnPropertySymbols(socket);
  symbols = ["kBuffer", "kBufferGen", "kBufferCb"].map((name) => own.find(({ description }) => description === name));
  if (symbols.includes(undefined)) symbols = [];
  return symbols;
}
