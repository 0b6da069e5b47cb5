// Between lists of headers and what Node's HTTP/2 takes and gives.

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import type { HeaderList } from "./headers.ts";

/** They belong to one connection, and HTTP/2 forbids them: https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "host",
]);

/** `host` is not among them: it is `:authority`. */
export function outgoing(list: HeaderList, record: OutgoingHttpHeaders = Object.create(null)): OutgoingHttpHeaders {
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!;
    if (FORBIDDEN.has(name)) continue;
    const value = list[i + 1]!;
    const before = record[name];
    if (before === undefined) record[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else record[name] = [String(before), value];
  }
  return record;
}

/** What came, by name; pseudo headers are left out. Node's own record would lose that values came one by one. */
export function incoming(raw: readonly string[]): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.startsWith(":")) continue;
    const value = raw[i + 1]!;
    const before = record[name];
    if (before === undefined) record[name] = value;
    else if (typeof before === "string") record[name] = [before, value];
    else before.push(value);
  }
  return record;
}

/** Trailers as a list. */
export function trailerList(headers: IncomingHttpHeaders): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().flatMap((each) => [name, each]));
}

export interface RequestHead {
  method: string;
  path: string;
  authority: string | undefined;
  /** Without pseudo headers, with one Cookie: https://www.rfc-editor.org/rfc/rfc9113#section-8.2.3 */
  list: HeaderList;
}

export function requestHead(raw: readonly string[]): RequestHead {
  const head: RequestHead = { method: "", path: "", authority: undefined, list: [] };
  const cookies: string[] = [];
  let host: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (name === ":method") head.method = value;
    else if (name === ":path") head.path = value;
    else if (name === ":authority") head.authority = value;
    else if (name === "host") host = value;
    else if (name === "cookie") cookies.push(value);
    else if (!name.startsWith(":")) head.list.push(name, value);
  }
  head.authority ??= host;
  if (cookies.length > 0) head.list.push("cookie", cookies.join("; "));
  return head;
}
