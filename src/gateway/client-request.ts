// Facts about a client's request as Node hands it over.

import type { IncomingMessage } from "node:http";
import * as local from "./local-reply.ts";
import { RequestBody } from "./request-body.ts";

/** Envoy's default limit. */
const MAX_HEADERS = 100;

/** What Envoy's codec and connection manager refuse before routing. */
export function refusalOf(request: IncomingMessage): local.LocalReply | undefined {
  if (request.httpVersionMinor === 0) return local.LOW_VERSION;
  if (request.headers.host === undefined) return local.NO_HOST;
  if (hasTwoHosts(request.rawHeaders)) return local.TWO_HOSTS;
  if (request.rawHeaders.length > 2 * MAX_HEADERS) return local.TOO_MANY_HEADERS;
  return undefined;
}

export function wantsWebSocket({ method, headers, httpVersionMinor }: IncomingMessage): boolean {
  return method === "GET" && httpVersionMinor > 0 && headers.upgrade?.toLowerCase() === "websocket";
}

/** Node keeps the first and Envoy joins them; neither is what anybody meant. */
function hasTwoHosts(raw: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < raw.length; i += 2) if (raw[i]!.length === 4 && raw[i]!.toLowerCase() === "host") hosts++;
  return hosts > 1;
}

export function bodyOf(request: IncomingMessage, keep: boolean): RequestBody | undefined {
  const length = request.headers["content-length"];
  const empty = request.headers["transfer-encoding"] === undefined && (length === undefined || length === "0");
  return empty ? undefined : new RequestBody(request, keep);
}

export function addressesOf({ socket }: IncomingMessage): { localAddress: string; remoteAddress: string } {
  return {
    localAddress: `${plainAddress(socket.localAddress)}:${socket.localPort}`,
    remoteAddress: `${plainAddress(socket.remoteAddress)}:${socket.remotePort}`,
  };
}

export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "unknown";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
