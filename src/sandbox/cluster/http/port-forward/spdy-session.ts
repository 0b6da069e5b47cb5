// The server's end of a SPDY/3.1 session: streams that the client opens, and nothing else.
//
// As Kubernetes' clients and servers use it (moby/spdystream) no window of a stream is kept or granted, so none is heeded here:
// whoever reads no more holds back the whole connection, by TCP.

import {
  dataFrame,
  GOAWAY,
  goAway,
  ping,
  RESET,
  rstStream,
  SpdyError,
  type SpdyFrame,
  SpdyFrameReader,
  synReply,
} from "./spdy-frames.ts";
import { HeaderReader, HeaderWriter } from "./spdy-headers.ts";

/** A stream of bytes to the client and back, over TCP or inside a WebSocket. */
export interface Link {
  incoming: AsyncIterable<Buffer>;
  /** Resolves when there is room for more. */
  send(bytes: Buffer): Promise<void>;
}

export interface SpdyStream {
  headers: ReadonlyMap<string, string>;
  /** Resolves when there is room for more. What is sent after the end is dropped. */
  send(bytes: Buffer): Promise<void>;
  /** Nothing more comes from here. */
  end(): void;
  /** Neither side has anything more to say. */
  reset(): void;
}

/** What is done with what the client sends on a stream. */
export interface StreamReader {
  /** The next bytes are read when this has resolved. */
  data(bytes: Buffer): Promise<void>;
  /** The client sends no more. */
  ended(): void;
  /** The client wants no more either, or is gone. */
  reset(): void;
}

/** Undefined refuses the stream. */
export type OpenStream = (stream: SpdyStream) => StreamReader | undefined;

const MAX_STREAMS = 2_000;

/** Until the link ends, the client breaks the protocol (then it is told so), or the link fails (then this rejects). */
export async function serveSpdy(link: Link, open: OpenStream): Promise<void> {
  const session = new Session(link, open);
  const reader = new SpdyFrameReader();
  try {
    for await (const chunk of link.incoming) for (const frame of reader.push(chunk)) await session.take(frame);
  } catch (error) {
    if (!(error instanceof SpdyError)) throw error;
    session.goAway(GOAWAY.protocolError);
  } finally {
    session.end();
  }
}

interface Open {
  reader: StreamReader;
  /** Who has said that nothing more comes. */
  endedHere: boolean;
  endedThere: boolean;
}

class Session {
  #link: Link;
  #open: OpenStream;
  #streams = new Map<number, Open>();
  #lastId = 0;
  #headersIn = new HeaderReader();
  #headersOut = new HeaderWriter();

  constructor(link: Link, open: OpenStream) {
    this.#link = link;
    this.#open = open;
  }

  async take(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case "data":
        return this.#takeData(frame);
      case "syn-stream":
        return this.#takeNewStream(frame.streamId, this.#headersIn.read(frame.headerBlock), frame.fin);
      case "syn-reply":
      case "headers":
        // No stream of ours is answered and no more headers mean anything, but what is compressed next refers to them.
        this.#headersIn.read(frame.headerBlock);
        return;
      case "rst-stream":
        return this.#forget(frame.streamId);
      case "ping":
        // Even numbers would be answers to ours, and none is sent.
        return frame.id % 2 === 1 ? this.#link.send(ping(frame.id)) : undefined;
      case "goaway":
      case "other":
        return;
    }
  }

  /** Before the link is closed. */
  goAway(status: number): void {
    void this.#link.send(goAway(this.#lastId, status));
  }

  /** The link is gone, and every stream with it. */
  end(): void {
    for (const id of [...this.#streams.keys()]) this.#forget(id);
  }

  async #takeData({ streamId, bytes, fin }: { streamId: number; bytes: Buffer; fin: boolean }): Promise<void> {
    const open = this.#streams.get(streamId);
    if (open === undefined) {
      // Of a stream that was closed here, the client may not have heard yet.
      if (streamId <= this.#lastId) return;
      return this.#link.send(rstStream(streamId, RESET.invalidStream));
    }
    if (open.endedThere) throw new SpdyError("data was sent on a stream after its end");
    if (bytes.length > 0) await open.reader.data(bytes);
    if (fin) this.#markEndedThere(streamId, open);
  }

  async #takeNewStream(id: number, headers: Map<string, string>, fin: boolean): Promise<void> {
    if (id % 2 === 0 || id <= this.#lastId) throw new SpdyError("numbers of a client's streams are odd and rise");
    this.#lastId = id;
    const stream = { headers, ...this.#writerOf(id) };
    const reader = this.#streams.size < MAX_STREAMS ? this.#open(stream) : undefined;
    if (reader === undefined) return this.#link.send(rstStream(id, RESET.refusedStream));
    const open = { reader, endedHere: false, endedThere: false };
    this.#streams.set(id, open);
    const answered = this.#link.send(synReply(id, this.#headersOut.write([])));
    if (fin) this.#markEndedThere(id, open);
    await answered;
  }

  #writerOf(id: number): Omit<SpdyStream, "headers"> {
    const isWritable = () => this.#streams.get(id)?.endedHere === false;
    return {
      send: async (bytes) => {
        if (isWritable()) await this.#link.send(dataFrame(id, bytes));
      },
      end: () => {
        if (!isWritable()) return;
        const open = this.#streams.get(id)!;
        open.endedHere = true;
        void this.#link.send(dataFrame(id, Buffer.alloc(0), true));
        if (open.endedThere) this.#streams.delete(id);
      },
      reset: () => {
        if (this.#streams.delete(id)) void this.#link.send(rstStream(id, RESET.cancel));
      },
    };
  }

  #markEndedThere(id: number, open: Open): void {
    open.endedThere = true;
    open.reader.ended();
    if (open.endedHere) this.#streams.delete(id);
  }

  #forget(id: number): void {
    const open = this.#streams.get(id);
    this.#streams.delete(id);
    open?.reader.reset();
  }
}
