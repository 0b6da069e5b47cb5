// The client's side of one exchange, whatever it speaks: what it asked, and where the answer goes. Exchange knows no more of a client.

import type { Duplex, Readable } from "node:stream";
import type { ConnectionEnds } from "../wire/addresses.ts";
import type { HeaderList } from "../wire/headers.ts";
import type { LocalReply } from "./local-reply.ts";

/** Where an upstream's answer is written to. */
interface AnswerSink {
  /** False: wait for `onceWritable`. */
  write(chunk: Buffer): boolean;
  onceWritable(run: () => void): void;
}

export interface Downstream extends AnswerSink {
  readonly protocol: "HTTP/1.1" | "HTTP/2";
  readonly ends: ConnectionEnds;
  readonly method: string;
  /** As the client sent it; "" when it has none. */
  readonly target: string;
  readonly authority: string | undefined;
  /** What the connection is to become, in the client's words; undefined when it stays what it is. */
  readonly upgrade: string | undefined;
  /** Name, value, name, value, as they came. */
  readonly rawHeaders: readonly string[];
  /** Of a lower-case name. */
  values(name: string): readonly string[] | undefined;
  /** The same in one. */
  text(name: string): string | undefined;

  /** Undefined: the request has no body. */
  readonly bodySource: Readable | undefined;
  /** What followed the body and may go on; known when the body has ended. */
  trailers(): HeaderList | undefined;

  /** Why it is not for the router to look at. */
  refusal(): LocalReply | undefined;
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean;
  writeContinue(): void;
  /** 1xx: may come before the head, and more than once. */
  writeInformation(code: number, headers: HeaderList): void;
  /** The head's headers are complete but for what the protocol itself needs. */
  writeHead(code: number, headers: HeaderList, trailersMayFollow: boolean): void;
  readonly headSent: boolean;
  readonly sentCode: number;
  /** What the head of an answer without a body says about that. */
  emptyFraming(code: number): HeaderList;
  /** `rest`: what has not been written yet. */
  end(rest: Uint8Array | undefined, trailers: HeaderList | undefined): void;
  /** The answer cannot be completed, and the client is to see that. */
  abort(): void;
  /** The connection ends with the answer, where it serves one request at a time. */
  closeAfterAnswer(): void;
  /** The answer is complete or the client is gone. */
  onClose(run: () => void): void;
}

/** Where one connection serves one request at a time, it can become something else. */
export interface UpgradableDownstream extends Downstream {
  /** The connection itself, after the head that says that it is a WebSocket's now. */
  switchProtocols(headers: HeaderList): Duplex;
}
