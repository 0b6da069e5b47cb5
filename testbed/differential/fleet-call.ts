// A request that reached an endpoint, whichever protocol it came by, and what the endpoint may do with it.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { HeaderPairs, UpstreamAnswer } from "./case.ts";

export interface Call {
  protocol: "HTTP/1.1" | "HTTP/2";
  method: string;
  url: string;
  rawHeaders: string[];
  /** The connection it came by. */
  connection: object;
  /** All of it; less when the proxy gave the attempt up. */
  received(): Promise<{ body: string; rawTrailers: string[] }>;
  answer(step: UpstreamAnswer, subset: string): Promise<void>;
  /** Ends the connection, or the stream, without an answer. */
  reset(): void;
  /** Answers with bytes that are no answer. */
  garble(): void;
  /** HTTP/2 only: "I have not looked at it". */
  refuse(): void;
}

export function http1Call(request: IncomingMessage, response: ServerResponse, sendsBody: boolean): Call {
  return {
    protocol: "HTTP/1.1",
    method: request.method!,
    url: request.url!,
    rawHeaders: request.rawHeaders,
    connection: request.socket,
    async received() {
      const body = sendsBody ? await textOf(request) : "";
      return { body, rawTrailers: request.rawTrailers };
    },
    async answer(step, subset) {
      if (step.status === 101) {
        echo(request.socket, step);
        // Nobody asked for it.
        if (sendsBody) request.socket.end();
        return;
      }
      for (const [status, headers] of step.informs ?? []) inform(request.socket, status, headers);
      response.sendDate = !hasHeader(step, "x-without-date");
      const trailers = step.trailers ?? [];
      response.writeHead(step.status, [
        ...framing(step, subset),
        ...(trailers.length === 0 ? [] : ["trailer", trailers.map(([name]) => name).join(", ")]),
        ...(step.headers ?? []).flat(),
      ]);
      if (step.pieces !== undefined) response.flushHeaders();
      await writeAll(response, step, subset);
      if (step.breaksOff === true) return void request.socket.destroy();
      if (trailers.length > 0) response.addTrailers([...trailers] as [string, string][]);
      response.end();
    },
    reset: () => void request.socket.destroy(),
    garble: () => void request.socket.end("this is no HTTP\r\n\r\n"),
    refuse: () => void request.socket.destroy(),
  };
}

/** After the switch every byte comes back, until the client ends or `closesAfterBytes` have come. */
function echo(
  socket: Socket,
  { headers = [], body = "", closesAfterBytes = Number.POSITIVE_INFINITY }: UpstreamAnswer,
): void {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n${body}`, "latin1");
  echoBytes(socket, closesAfterBytes);
}

function echoBytes(stream: Duplex, closesAfterBytes: number): void {
  let bytes = 0;
  stream.on("error", () => stream.destroy());
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    stream.write(chunk);
    if (bytes >= closesAfterBytes) stream.end();
  });
  stream.on("end", () => stream.end());
}

/** Node's own way to send 1xx answers takes only 100, 102 and 103. */
function inform(socket: Socket, status: number, headers: HeaderPairs): void {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} Wait\r\n${lines.join("")}\r\n`);
}

export function http2Call(stream: ServerHttp2Stream, rawHeaders: string[]): Call {
  const pseudo = (name: string) => rawHeaders[rawHeaders.indexOf(name) + 1] ?? "";
  // A stream that the proxy gives up is no error of the endpoint.
  stream.on("error", () => {});
  let rawTrailers: string[] = [];
  stream.on("trailers", (_headers, _flags, raw: string[]) => (rawTrailers = raw));
  return {
    protocol: "HTTP/2",
    method: pseudo(":method"),
    url: pseudo(":path"),
    rawHeaders,
    connection: stream.session!,
    async received() {
      const body = pseudo(":method") === "CONNECT" ? "" : await textOf(stream);
      return { body, rawTrailers };
    },
    async answer(step, subset) {
      if (stream.destroyed) return;
      if (pseudo(":method") === "CONNECT" && step.status === 101) {
        stream.respond({ ":status": 200, ...grouped(step.headers ?? []) });
        if (step.body !== undefined) stream.write(step.body, "latin1");
        return echoBytes(stream, step.closesAfterBytes ?? Number.POSITIVE_INFINITY);
      }
      for (const [status, headers] of step.informs ?? [])
        stream.additionalHeaders({ ":status": status, ...grouped(headers) });
      const trailers = step.trailers ?? [];
      const head = { ":status": step.status, ...grouped(pairs(framing(step, subset))), ...grouped(step.headers ?? []) };
      const empty =
        pseudo(":method") === "HEAD" ||
        (piecesOf(step, subset).join("") === "" && trailers.length === 0 && step.breaksOff !== true);
      // Node's types do not know sendDate here.
      const sendDate = !hasHeader(step, "x-without-date");
      const options = { endStream: empty, waitForTrailers: trailers.length > 0, sendDate };
      stream.respond(head, options);
      if (empty) return;
      stream.on("wantTrailers", () => stream.sendTrailers(grouped(trailers)));
      await writeAll(stream, step, subset);
      if (step.breaksOff === true) stream.close(INTERNAL_ERROR);
      else stream.end();
    },
    reset: () => stream.close(INTERNAL_ERROR),
    // Node lets nobody write into such a connection: it ends.
    garble: () => stream.session?.destroy(),
    refuse: () => stream.close(REFUSED_STREAM),
  };
}

const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;

async function textOf(source: AsyncIterable<unknown> & { setEncoding(encoding: "latin1"): unknown }): Promise<string> {
  let body = "";
  source.setEncoding("latin1");
  try {
    for await (const chunk of source) body += chunk as string;
  } catch {
    // The attempt was given up by the proxy.
  }
  return body;
}

function isBodiless({ status }: UpstreamAnswer): boolean {
  return status === 204 || status === 304;
}

function piecesOf(step: UpstreamAnswer, subset: string): readonly string[] {
  if (isBodiless(step)) return [];
  return step.pieces ?? [step.body ?? subset];
}

/** A body in pieces has no length that is known before. */
function framing(step: UpstreamAnswer, subset: string): string[] {
  if (isBodiless(step)) return [];
  const type = hasHeader(step, "content-type") ? [] : ["content-type", "text/plain"];
  if (step.pieces !== undefined || step.trailers !== undefined || hasHeader(step, "content-length")) return type;
  return [...type, "content-length", String(Buffer.byteLength(piecesOf(step, subset).join(""), "latin1"))];
}

async function writeAll(to: Duplex | ServerResponse, step: UpstreamAnswer, subset: string): Promise<void> {
  for (const [i, piece] of piecesOf(step, subset).entries()) {
    if (i > 0 && step.gapMs !== undefined) await sleep(step.gapMs);
    if (to.destroyed) return;
    if (piece !== "") to.write(piece, "latin1");
  }
  // What was written is on its way before the connection is broken.
  if (step.breaksOff === true) await sleep(BREAK_OFF_AFTER_MS);
}

const BREAK_OFF_AFTER_MS = 50;

function hasHeader({ headers = [] }: UpstreamAnswer, wanted: string): boolean {
  return headers.some(([name]) => name.toLowerCase() === wanted);
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!] as [string, string]] : []));
}

export function grouped(headers: HeaderPairs): Record<string, string | string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of headers) (groups[name.toLowerCase()] ??= []).push(value);
  return Object.fromEntries(
    Object.entries(groups).map(([name, values]) => [name, values.length === 1 ? values[0]! : values]),
  );
}
