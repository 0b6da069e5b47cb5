// What a handler answers, and how it goes out: JSON or YAML, compressed when it is large and the client takes it.

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export type Reply = ObjectReply | TextReply | StreamReply | UpgradeReply;

export interface ObjectReply {
  kind: "object";
  code: number;
  object: object;
  format?: "json" | "yaml";
  contentType?: string;
  headers?: OutgoingHttpHeaders;
  /** Warnings for the person behind the client. */
  warnings?: readonly string[];
}

export interface TextReply {
  kind: "text";
  code: number;
  text: string;
  contentType?: string;
  headers?: OutgoingHttpHeaders;
}

/** Writes its body itself, piece by piece, until it ends or the signal aborts. */
export interface StreamReply {
  kind: "stream";
  contentType: string;
  headers?: OutgoingHttpHeaders;
  write(out: StreamOut): Promise<void>;
}

/** Takes over the connection itself: once it has answered 101 with these headers, HTTP is over on it. */
export interface UpgradeReply {
  kind: "upgrade";
  headers: OutgoingHttpHeaders;
  /** Resolves when the connection is to be closed: at the latest soon after `closing` aborts. */
  serve(socket: Duplex, closing: AbortSignal): Promise<void>;
}

export interface StreamOut {
  /** Resolves when there is room for more; false once the client is gone. */
  send(text: string): Promise<boolean>;
  /** Aborts when the client goes or the server closes. */
  signal: AbortSignal;
}

export const json = (object: object, code = 200): ObjectReply => ({ kind: "object", code, object });

export const plain = (text: string, code = 200): TextReply => ({ kind: "text", code, text });

/** A real API server compresses from here on: smaller answers cost more than they save. */
const GZIP_FROM_BYTES = 128 * 1024;
const compress = promisify(gzip);

/** Sends a reply that is no stream. */
export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: ObjectReply | TextReply,
): Promise<void> {
  if (reply.code === 304) {
    // Without a Content-Type, which a client's cache would take for that of the document it keeps.
    response.writeHead(304, { ...COMMON_HEADERS, ...reply.headers });
    response.end();
    return;
  }
  const { contentType, body } = await encode(reply);
  const headers: OutgoingHttpHeaders = { ...COMMON_HEADERS, ...reply.headers, "content-type": contentType };
  let bytes = Buffer.from(body, "utf8");
  if (bytes.length >= GZIP_FROM_BYTES && acceptsGzip(request)) {
    bytes = await compress(bytes, { level: 1 });
    headers["content-encoding"] = "gzip";
    headers.vary = "Accept-Encoding";
  }
  headers["content-length"] = bytes.length;
  if (reply.kind === "object" && reply.warnings?.length)
    response.setHeader("warning", reply.warnings.map(warningHeader));
  response.writeHead(reply.code, headers);
  response.end(request.method === "HEAD" ? undefined : bytes);
}

export const COMMON_HEADERS: OutgoingHttpHeaders = {
  "cache-control": "no-cache, private",
  "x-content-type-options": "nosniff",
};

async function encode(reply: ObjectReply | TextReply): Promise<{ contentType: string; body: string }> {
  if (reply.kind === "text") return { contentType: reply.contentType ?? "text/plain; charset=utf-8", body: reply.text };
  if (reply.format === "yaml") {
    const { toYaml } = await import("./yaml-body.ts");
    return { contentType: "application/yaml", body: toYaml(reply.object) };
  }
  return { contentType: reply.contentType ?? "application/json", body: `${JSON.stringify(reply.object)}\n` };
}

function acceptsGzip(request: IncomingMessage): boolean {
  const accepted: unknown = request.headers["accept-encoding"];
  return /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$)))?/i.test(typeof accepted === "string" ? accepted : "");
}

/** RFC 7234 section 5.5 with the code 299; control signs would break the header, other scripts travel as UTF-8 bytes. */
function warningHeader(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control signs are what must go
  const printable = text.replace(/[\u0000-\u001f\u007f]/g, " ");
  const quoted = printable.replace(/["\\]/g, "\\$&");
  return `299 - "${Buffer.from(quoted, "utf8").toString("latin1")}"`;
}
