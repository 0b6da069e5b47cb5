// The head of an HTTP/1.1 request, as text. What comes from the configuration (header operations, rewrites) is checked here, once for
// all: nothing in it may begin another line.

import type { Readable } from "node:stream";
import type { HeaderList } from "./headers.ts";
import { UpstreamError } from "./upstream-error.ts";

export interface Http1Request {
  path: string;
  method: string;
  headers: HeaderList;
  body: Readable | null;
  upgrade: string | undefined;
}

export interface RequestHead {
  text: string;
  /** The body has no announced length. */
  chunked: boolean;
}

/** RFC 9110, 8.6: of a method that is expected to have content, an absent one is said. */
const EXPECTS_CONTENT: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "QUERY", "PROPFIND", "PROPPATCH"]);
const NO_PATH = /[^\u0021-\u00ff]/;
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NAME = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;

/** Throws UpstreamError where it would be no HTTP. */
export function requestHead({ path, method, headers, body, upgrade }: Http1Request, keepAlive: boolean): RequestHead {
  if (path.charCodeAt(0) !== 47 && path !== "*") throw new UpstreamError({ kind: "reset" });
  if (NO_PATH.test(path)) throw new UpstreamError({ kind: "reset" });
  let text = `${method} ${path} HTTP/1.1\r\n`;
  let length: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (!isHeader(name, value)) throw new UpstreamError({ kind: "reset" });
    if (name === "content-length") length = value;
    else text += `${name}: ${value}\r\n`;
  }
  text += connection(upgrade, keepAlive);
  if (body === null) text += EXPECTS_CONTENT.has(method) ? "content-length: 0\r\n" : "";
  else text += length === undefined ? "transfer-encoding: chunked\r\n" : `content-length: ${length}\r\n`;
  return { text: `${text}\r\n`, chunked: body !== null && length === undefined };
}

function connection(upgrade: string | undefined, keepAlive: boolean): string {
  if (upgrade !== undefined) return `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
  return keepAlive ? "connection: keep-alive\r\n" : "connection: close\r\n";
}

/** Nothing in it begins another line, or is none of the characters that a header may have. */
export function isHeader(name: string, value: string): boolean {
  return !NO_VALUE.test(value) && isName(name);
}

/** Names that were looked at: requests bring the same few again and again. */
const known = new Set<string>();
const MOST_KNOWN = 1_000;

function isName(name: string): boolean {
  if (known.has(name)) return true;
  if (!NAME.test(name)) return false;
  if (known.size < MOST_KNOWN) known.add(name);
  return true;
}
