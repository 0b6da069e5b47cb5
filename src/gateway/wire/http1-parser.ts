// Node's own parser (llhttp) without the streams and message objects that node:http builds on it: they cost more than all that the
// gateway does with a request.

import { METHODS } from "node:http";
import { createRequire } from "node:module";
import { MAX_HEADER_BYTES } from "./headers.ts";

export interface MessageHead {
  majorVersion: number;
  minorVersion: number;
  /** Of a request. */
  method: string;
  target: string;
  /** Of an answer. */
  status: number;
  /** Flat: name, value. */
  headers: readonly string[];
  keepAlive: boolean;
  upgrade: boolean;
}

export interface MessageHandler {
  /** The first byte of one has come. */
  onBegin?(): void;
  /** What comes after the head: a body as announced, none, or bytes that are not for the parser. */
  onHead(head: MessageHead): "body" | "no body" | "other protocol";
  onBody(chunk: Buffer): void;
  onComplete(): void;
}

/** What is used of Node's binding; the shape is node:_http_common's, which Node keeps for its own client and server. */
interface NativeParser {
  initialize(type: number, resource: object, maxHeaderBytes: number, lenient: number): void;
  execute(bytes: Buffer): number | Error;
  finish(): Error | undefined;
  close(): void;
  [callback: number]: (...args: never[]) => unknown;
}

interface NativeParserClass {
  new (): NativeParser;
  REQUEST: number;
  RESPONSE: number;
  kOnMessageBegin: number;
  kOnHeaders: number;
  kOnHeadersComplete: number;
  kOnBody: number;
  kOnMessageComplete: number;
}

type HeadArguments = [
  majorVersion: number,
  minorVersion: number,
  headers: string[] | undefined,
  method: number,
  target: string | undefined,
  status: number,
  reason: string,
  upgrade: boolean,
  keepAlive: boolean,
];

const { HTTPParser } = createRequire(import.meta.url)("node:_http_common") as { HTTPParser: NativeParserClass };
const STRICT = 0;
const AFTER_HEAD = { body: 0, "no body": 1, "other protocol": 2 } as const;

export class MessageParser {
  readonly #native: NativeParser;
  readonly #type: number;
  readonly #handler: MessageHandler;
  /** Of a head with more headers than come at once, or trailers. */
  #earlier: string[] = [];
  #earlierTarget = "";

  constructor(kind: "requests" | "answers", handler: MessageHandler) {
    this.#handler = handler;
    this.#type = kind === "requests" ? HTTPParser.REQUEST : HTTPParser.RESPONSE;
    const native = new HTTPParser();
    if (handler.onBegin !== undefined) native[HTTPParser.kOnMessageBegin | 0] = () => handler.onBegin!();
    native[HTTPParser.kOnHeaders | 0] = (headers: string[], target: string) => {
      this.#earlier.push(...headers);
      this.#earlierTarget += target;
    };
    // eslint-disable-next-line max-params -- Node's signature
    native[HTTPParser.kOnHeadersComplete | 0] = (...args: HeadArguments) => this.#onHead(...args);
    native[HTTPParser.kOnBody | 0] = (chunk: Buffer) => handler.onBody(chunk);
    native[HTTPParser.kOnMessageComplete | 0] = () => {
      if (this.#earlier.length > 0) this.#forgetEarlier();
      handler.onComplete();
    };
    this.#native = native;
    this.restart();
  }

  /** After another protocol: HTTP again. */
  restart(): void {
    this.#native.initialize(this.#type, this, MAX_HEADER_BYTES, STRICT);
  }

  // eslint-disable-next-line max-params -- Node's signature
  #onHead(...[majorVersion, minorVersion, last, method, target, status, , upgrade, keepAlive]: HeadArguments): number {
    const head = {
      majorVersion,
      minorVersion,
      method: methodNames[method] ?? "",
      target: this.#earlierTarget + (target ?? ""),
      status,
      headers: this.#earlier.length === 0 ? (last ?? []) : [...this.#earlier, ...(last ?? [])],
      keepAlive,
      upgrade,
    };
    this.#forgetEarlier();
    return AFTER_HEAD[this.#handler.onHead(head)];
  }

  #forgetEarlier(): void {
    this.#earlier = [];
    this.#earlierTarget = "";
  }

  /** How many bytes were HTTP, or what is wrong with them. */
  execute(bytes: Buffer): number | Error {
    return this.#native.execute(bytes);
  }

  /** The connection has ended: false when the message is not complete by that. */
  finish(): boolean {
    return this.#native.finish() === undefined;
  }

  /** Not from within a callback: the memory is given back. */
  close(): void {
    this.#native.close();
  }
}

/** The parser tells a method by its number; which is whose it tells when it is asked. */
const methodNames = ((): readonly string[] => {
  const names: string[] = [];
  const native = new HTTPParser();
  for (const name of METHODS) {
    native.initialize(HTTPParser.REQUEST, {}, MAX_HEADER_BYTES, STRICT);
    native[HTTPParser.kOnHeadersComplete | 0] = (...[, , , method]: HeadArguments) => {
      names[method] = name;
      return AFTER_HEAD["no body"];
    };
    native.execute(Buffer.from(`${name} / HTTP/1.1\r\n\r\n`));
  }
  native.close();
  return names;
})();
