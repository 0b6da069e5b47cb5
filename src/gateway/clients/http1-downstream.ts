// A client that speaks HTTP/1.1: one request of its connection, and the answer as it goes out.

import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { UpgradableDownstream } from "../exchange/downstream.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { LocalReply } from "../exchange/local-reply.ts";
import type { Gate } from "../gate.ts";
import type { ConnectionEnds } from "../wire/addresses.ts";
import { bodyFraming, emptyFraming, type HeaderList, hasHeader, sealed } from "../wire/headers.ts";
import { isHeader } from "../wire/http1-head.ts";
import { letGo, whenWritten } from "../wire/read-buffers.ts";
import { switchingProtocols } from "../wire/splice.ts";
import { hasBody, isContinue, refusalOf } from "./client-request.ts";
import { Http1Body } from "./http1-body.ts";
import type { Http1Request } from "./http1-request.ts";

/** What a request needs of its connection. */
interface Line {
  readonly socket: Duplex & ConnectionEnds;
  /** The body has room again. */
  readOn(): void;
  /** The last byte of the answer has been written. */
  answered(request: Http1Downstream): void;
  /** The connection is the WebSocket's. */
  handedOver(): void;
}

export class Http1Downstream implements UpgradableDownstream {
  readonly protocol = "HTTP/1.1";
  readonly request: Http1Request;
  readonly bodySource: Http1Body | undefined;
  /** From its turn on. */
  exchange: Exchange | undefined;
  /** Set when the connection is to become a WebSocket. */
  upgrade: string | undefined;
  /** The connection ends with the answer. */
  closes: boolean;
  readonly #gate: Gate;
  readonly #line: Line;
  #code = 0;
  /** The answer's head, while nothing of it has been written. */
  #head = "";
  #chunked = false;
  #hasContent = true;
  #onClose: (() => void) | undefined;

  constructor(gate: Gate, line: Line, request: Http1Request) {
    this.#gate = gate;
    this.#line = line;
    this.request = request;
    this.closes = !request.keepAlive;
    if (hasBody(request)) this.bodySource = new Http1Body(() => line.readOn());
  }

  get ends(): ConnectionEnds {
    return this.#line.socket;
  }

  get method(): string {
    return this.request.method;
  }

  get target(): string {
    return this.request.target;
  }

  get authority(): string | undefined {
    return this.request.text("host");
  }

  get rawHeaders(): readonly string[] {
    return this.request.rawHeaders;
  }

  values(name: string): readonly string[] | undefined {
    return this.request.values(name);
  }

  text(name: string): string | undefined {
    return this.request.text(name);
  }

  /** Envoy drops them unless it is told otherwise (enable_trailers). */
  trailers(): undefined {}

  refusal(): LocalReply | undefined {
    return refusalOf(this.request);
  }

  get expectsContinue(): boolean {
    return isContinue(this.request.text("expect"));
  }

  writeContinue(): void {
    this.#line.socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
  }

  writeInformation(code: number, headers: HeaderList): void {
    this.#line.socket.write(headText(code, headers), "latin1");
  }

  writeHead(code: number, headers: HeaderList): void {
    const list = sealed(headers, this.#gate.httpDate());
    list.push(...bodyFraming(list, code));
    if (this.#gate.draining) this.closes = true;
    // Envoy says only when it is going to close.
    if (this.closes) list.push("connection", "close");
    this.#code = code;
    this.#head = headText(code, list);
    this.#hasContent = this.method !== "HEAD" && code !== 204 && code !== 304;
    this.#chunked = this.#hasContent && hasHeader(list, "transfer-encoding");
    // A body that does not follow at once does not hold it back.
    process.nextTick(flush, this);
  }

  /** Writes the head unless it has gone out with a body. */
  flush(): void {
    if (this.#head === "") return;
    const head = this.#head;
    this.#head = "";
    this.#line.socket.write(head, "latin1");
  }

  get headSent(): boolean {
    return this.#code !== 0;
  }

  get sentCode(): number {
    return this.#code;
  }

  emptyFraming(code: number): HeaderList {
    return emptyFraming(this.method, code);
  }

  write(chunk: Buffer): boolean {
    if (!this.#hasContent) {
      letGo(chunk);
      return true;
    }
    const { socket } = this.#line;
    const head = this.#head + (this.#chunked ? `${chunk.length.toString(16)}\r\n` : "");
    this.#head = "";
    socket.cork();
    if (head !== "") socket.write(head, "latin1");
    const hasRoom = socket.write(chunk, whenWritten(chunk));
    if (this.#chunked) socket.write("\r\n", "latin1");
    socket.uncork();
    return hasRoom;
  }

  onceWritable(run: () => void): void {
    this.#line.socket.once("drain", run);
  }

  end(rest: Uint8Array | undefined): void {
    const { socket } = this.#line;
    let text = this.#head;
    this.#head = "";
    if (this.#hasContent && rest !== undefined && rest.length > 0) {
      // As a latin1 string, byte for byte, it goes out in one write with the head.
      const content = Buffer.from(rest.buffer, rest.byteOffset, rest.length).toString("latin1");
      text += this.#chunked ? `${rest.length.toString(16)}\r\n${content}\r\n` : content;
    }
    if (this.#chunked) text += "0\r\n\r\n";
    if (text !== "") socket.write(text, "latin1");
    this.#line.answered(this);
  }

  abort(): void {
    this.#line.socket.destroy();
  }

  closeAfterAnswer(): void {
    this.closes = true;
  }

  onClose(run: () => void): void {
    this.#onClose = run;
  }

  /** The client has gone before its answer was complete. */
  gone(): void {
    this.#onClose?.();
  }

  switchProtocols(headers: HeaderList): Duplex {
    const { socket } = this.#line;
    this.#line.handedOver();
    socket.write(switchingProtocols(sealed(headers, this.#gate.httpDate())), "latin1");
    return socket;
  }
}

function flush(client: Http1Downstream): void {
  client.flush();
}

function headText(code: number, headers: HeaderList): string {
  let text = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? "Unknown"}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [headers[i]!, headers[i + 1]!];
    if (isHeader(name, value)) text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}
