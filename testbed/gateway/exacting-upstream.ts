// An upstream that takes bytes at their word: a request is counted only when its bytes have one reading (RFC 9112), and anything that
// another server might read differently is a fault. What smuggling needs is exactly such bytes, so a proxy in front of it must
// have cleaned or refused them.

import { createServer, type Server, type Socket } from "node:net";

export interface SeenRequest {
  method: string;
  target: string;
  /** Lower-case names, values as they came, in order. */
  headers: [string, string][];
  body: Buffer;
}

export class ExactingUpstream {
  readonly requests: SeenRequest[] = [];
  /** What was ambiguous, in words. */
  readonly faults: string[] = [];
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  /** Answers a request, at once or later. */
  answer: Answer = answerAtOnce;

  constructor() {
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  /** The targets of the requests that came since the last call, and the faults. */
  take(): { targets: string[]; requests: SeenRequest[]; faults: string[] } {
    const requests = this.requests.splice(0);
    return { targets: requests.map(({ target }) => target), requests, faults: this.faults.splice(0) };
  }

  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let unread = Buffer.alloc(0);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      try {
        for (let read = readRequest(unread); read !== undefined; read = readRequest(unread)) {
          unread = unread.subarray(read.length);
          this.requests.push(read.request);
          this.answer(read.request, (text) => void socket.write(text, "latin1"));
        }
      } catch (error) {
        this.faults.push((error as Error).message);
        socket.destroy();
      }
    });
  }
}

export type Answer = (request: SeenRequest, reply: (text: string) => void) => void;

export const answerAtOnce: Answer = ({ method, target }, reply) => reply(answerText(method, target));

export function answerText(method: string, body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${method === "HEAD" ? "" : body}`;
}

/** Undefined: not complete yet. Throws what is ambiguous about it. */
function readRequest(bytes: Buffer): { request: SeenRequest; length: number } | undefined {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for.
  const odd = /\r(?!\n|$)|(?<!\r)\n|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(head);
  if (odd !== null) throw new Error(`control character or bare line end in ${JSON.stringify(head.slice(0, 300))}`);
  if (end < 0) return undefined;
  const [line, ...lines] = head.split("\r\n") as [string, ...string[]];
  const [, method, target] =
    /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP\/1\.1$/.exec(line) ?? fault("request line", line);
  const headers = lines.map((each): [string, string] => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(each) ?? fault("header", each);
    return [name!.toLowerCase(), value!];
  });
  if (headers.filter(([name]) => name === "host").length !== 1) fault("hosts", head);
  const body = readBody(text.slice(end + 4), headers, head);
  if (body === undefined) return undefined;
  const request = { method: method!, target: target!, headers, body: Buffer.from(body.text, "latin1") };
  return { request, length: end + 4 + body.length };
}

function readBody(rest: string, headers: readonly [string, string][], head: string): Body | undefined {
  const lengths = headers.filter(([name]) => name === "content-length").map(([, value]) => value);
  const codings = headers.filter(([name]) => name === "transfer-encoding").map(([, value]) => value);
  if (lengths.length + codings.length > 1) fault("framing", head);
  if (codings.length === 1) return codings[0] === "chunked" ? readChunks(rest) : fault("coding", codings[0]!);
  if (lengths.length === 0) return { text: "", length: 0 };
  if (!/^\d{1,15}$/.test(lengths[0]!)) fault("length", lengths[0]!);
  const length = Number(lengths[0]);
  return rest.length < length ? undefined : { text: rest.slice(0, length), length };
}

interface Body {
  text: string;
  length: number;
}

function readChunks(rest: string): Body | undefined {
  let text = "";
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    const line = rest.slice(at, lineEnd < 0 ? undefined : lineEnd);
    if (lineEnd < 0 && /^[0-9a-f]{0,12}\r?$/i.test(line)) return undefined;
    if (!/^[0-9a-f]{1,12}$/i.test(line)) fault("chunk size", line);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) return readTrailers(rest, at, text);
    if (rest.length < at + size + 2) return undefined;
    if (rest.slice(at + size, at + size + 2) !== "\r\n") fault("chunk end", rest.slice(at + size, at + size + 20));
    text += rest.slice(at, at + size);
    at += size + 2;
  }
}

function readTrailers(rest: string, from: number, text: string): Body | undefined {
  if (rest.startsWith("\r\n", from)) return { text, length: from + 2 };
  const end = rest.indexOf("\r\n\r\n", from);
  return end < 0 ? undefined : { text, length: end + 4 };
}

function fault(what: string, text: string): never {
  throw new Error(`ambiguous ${what}: ${JSON.stringify(text.slice(0, 300))}`);
}
