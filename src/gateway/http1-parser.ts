// Node's own parser (llhttp) for the answers of an upstream, without the streams and message objects that node:http builds on it: they
// cost more than all that the gateway does with a request.

import { createRequire } from "node:module";
import { MAX_HEADER_BYTES } from "./headers.ts";

export interface AnswerHead {
  status: number;
  /** Flat: name, value. */
  headers: readonly string[];
  keepAlive: boolean;
  upgrade: boolean;
}

export interface AnswerHandler {
  /** What comes after the head: a body as announced, none, or bytes of another protocol. */
  onHead(head: AnswerHead): "body" | "no body" | "other protocol";
  onBody(chunk: Buffer): void;
  onComplete(): void;
}

/** What is used of Node's binding; the shape is node:_http_common's, which Node keeps for its own client. */
interface NativeParser {
  initialize(type: number, resource: object, maxHeaderBytes: number, lenient: number): void;
  execute(bytes: Buffer): number | Error;
  finish(): Error | undefined;
  close(): void;
  [callback: number]: (...args: never[]) => unknown;
}

interface NativeParserClass {
  new (): NativeParser;
  RESPONSE: number;
  kOnHeaders: number;
  kOnHeadersComplete: number;
  kOnBody: number;
  kOnMessageComplete: number;
}

const { HTTPParser } = createRequire(import.meta.url)("node:_http_common") as { HTTPParser: NativeParserClass };
const STRICT = 0;
const AFTER_HEAD = { body: 0, "no body": 1, "other protocol": 2 } as const;

export class AnswerParser {
  readonly #native: NativeParser;
  readonly #handler: AnswerHandler;
  /** Of a head with more headers than come at once, or trailers. */
  #earlier: string[] = [];

  constructor(handler: AnswerHandler) {
    this.#handler = handler;
    const native = new HTTPParser();
    native.initialize(HTTPParser.RESPONSE, this, MAX_HEADER_BYTES, STRICT);
    native[HTTPParser.kOnHeaders | 0] = (headers: string[]) => void this.#earlier.push(...headers);
    // eslint-disable-next-line max-params -- Node's signature
    native[HTTPParser.kOnHeadersComplete | 0] = (
      ...[, , headers, , , status, , upgrade, keepAlive]: [
        number,
        number,
        string[] | undefined,
        unknown,
        unknown,
        number,
        string,
        boolean,
        boolean,
      ]
    ) => this.#onHead({ status, headers: headers ?? [], upgrade, keepAlive });
    native[HTTPParser.kOnBody | 0] = (chunk: Buffer) => handler.onBody(chunk);
    native[HTTPParser.kOnMessageComplete | 0] = () => {
      this.#earlier = [];
      handler.onComplete();
    };
    this.#native = native;
  }

  /** After another protocol: HTTP again. */
  restart(): void {
    this.#native.initialize(HTTPParser.RESPONSE, this, MAX_HEADER_BYTES, STRICT);
  }

  #onHead(head: AnswerHead): number {
    if (this.#earlier.length === 0) return AFTER_HEAD[this.#handler.onHead(head)];
    const headers = [...this.#earlier, ...head.headers];
    this.#earlier = [];
    return AFTER_HEAD[this.#handler.onHead({ ...head, headers })];
  }

  /** How many bytes were HTTP, or what is wrong with them. */
  execute(bytes: Buffer): number | Error {
    return this.#native.execute(bytes);
  }

  /** The connection has ended: false when the answer is not complete by that. */
  finish(): boolean {
    return this.#native.finish() === undefined;
  }

  /** Not from within a callback: the memory is given back. */
  close(): void {
    this.#native.close();
  }
}
