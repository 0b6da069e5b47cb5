// A client that speaks HTTP/1.1: Node's request and response.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { hasBody, isContinue, refusalOf } from "./client-request.ts";
import type { ConnectionEnds, Downstream } from "./downstream.ts";
import type { Gate } from "./gate.ts";
import { GatheredWrites } from "./gathered-writes.ts";
import { bodyFraming, edit, emptyFraming, type HeaderList, sealed } from "./headers.ts";
import type { LocalReply } from "./local-reply.ts";
import { switchingProtocols } from "./splice.ts";

export class Http1Downstream implements Downstream {
  readonly protocol = "HTTP/1.1";
  readonly #gate: Gate;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #writes: GatheredWrites | undefined;

  constructor(gate: Gate, request: IncomingMessage, response: ServerResponse) {
    this.#gate = gate;
    this.#request = request;
    this.#response = response;
  }

  get ends(): ConnectionEnds {
    return this.#request.socket;
  }

  get method(): string {
    return this.#request.method!;
  }

  get target(): string {
    return this.#request.url!;
  }

  get authority(): string | undefined {
    return this.#request.headers.host;
  }

  get upgrade(): string | undefined {
    // Node's own mark on a request whose connection it has handed over.
    const { upgrade } = this.#request as IncomingMessage & { upgrade?: boolean | null };
    return upgrade === true ? this.#request.headers.upgrade : undefined;
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders;
  }

  values(name: string): readonly string[] | undefined {
    return this.#request.headersDistinct[name];
  }

  text(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "object" ? value.join(", ") : value;
  }

  get bodySource(): IncomingMessage | undefined {
    return hasBody(this.#request) ? this.#request : undefined;
  }

  /** Envoy drops them unless it is told otherwise (enable_trailers). */
  trailers(): undefined {}

  refusal(): LocalReply | undefined {
    return refusalOf(this.#request);
  }

  get expectsContinue(): boolean {
    return isContinue(this.#request.headers.expect);
  }

  writeContinue(): void {
    this.#response.writeContinue();
  }

  writeInformation(code: number, headers: HeaderList): void {
    let text = `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? "Unknown"}\r\n`;
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    this.#request.socket.write(`${text}\r\n`, "latin1");
  }

  writeHead(code: number, headers: HeaderList): void {
    const response = this.#response;
    const list = sealed(headers, this.#gate.httpDate());
    list.push(...bodyFraming(list, code));
    response.sendDate = false;
    // Node would add its own Connection and Keep-Alive; Envoy says only when it is going to close.
    response.removeHeader("connection");
    if (this.#gate.draining) response.shouldKeepAlive = false;
    if (!response.shouldKeepAlive) list.push("connection", "close");
    const reason = STATUS_CODES[code] ?? "Unknown";
    try {
      response.writeHead(code, reason, list);
    } catch {
      // Node writes no announcement of trailers that cannot follow, and upstreams send it.
      response.writeHead(code, reason, edit(list, { remove: ["trailer"], write: [] }));
    }
  }

  get headSent(): boolean {
    return this.#response.headersSent;
  }

  get sentCode(): number {
    return this.#response.statusCode;
  }

  emptyFraming(code: number): HeaderList {
    return emptyFraming(this.#request.method!, code);
  }

  write(chunk: Buffer): boolean {
    (this.#writes ??= new GatheredWrites(this.#request.socket)).begin();
    return this.#response.write(chunk);
  }

  onceWritable(run: () => void): void {
    this.#response.once("drain", run);
  }

  end(rest: Uint8Array | undefined): void {
    // As a latin1 string, byte for byte, it goes out in one write with the headers.
    if (Buffer.isBuffer(rest)) this.#response.end(rest.toString("latin1"), "latin1");
    else if (rest === undefined) this.#response.end();
    else this.#response.end(rest);
  }

  abort(): void {
    this.#response.destroy();
  }

  closeAfterAnswer(): void {
    this.#response.shouldKeepAlive = false;
  }

  onClose(run: () => void): void {
    this.#response.on("close", run);
  }

  /** The connection itself, after the head that says that it is a WebSocket's now. */
  switchProtocols(headers: HeaderList): Duplex {
    const { socket } = this.#request;
    this.#response.detachSocket(socket);
    socket.write(switchingProtocols(sealed(headers, this.#gate.httpDate())), "latin1");
    return socket;
  }
}
