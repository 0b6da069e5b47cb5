// Facts about a client's request in HTTP/1.1.

import * as local from "../exchange/local-reply.ts";
import type { Http1Request } from "./http1-request.ts";

/** Envoy's default limit. */
const MAX_HEADERS = 100;

/** What Envoy's codec and connection manager refuse before routing. */
export function refusalOf(request: Http1Request): local.LocalReply | undefined {
  if (request.isOld) return local.LOW_VERSION;
  const host = request.text("host");
  if (host === undefined) return local.NO_HOST;
  if (!isAuthority(host)) return local.BAD_HOST;
  // Node's parser lets several codings pass when the last one is chunked; others may read the body's end differently.
  const coding = request.text("transfer-encoding");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return local.BAD_REQUEST;
  // A Host that is only for the next hop is none for those behind it.
  const connection = request.text("connection");
  if (connection !== undefined && connection !== "keep-alive" && /(^|[\s,])host([\s,]|$)/i.test(connection))
    return local.BAD_REQUEST;
  if (hasTwoHosts(request.rawHeaders)) return local.BAD_REQUEST;
  if (request.rawHeaders.length > 2 * MAX_HEADERS) return local.TOO_MANY_HEADERS;
  return wantsAnother(connection, request) ? local.OTHER_UPGRADE : undefined;
}

/** The characters of RFC 3986, 3.2, as Envoy's codecs check them. */
export function isAuthority(host: string): boolean {
  return /^[\w.~!$&'()*+,;=:@%[\]-]*$/.test(host);
}

export function hasBody(request: Http1Request): boolean {
  const length = request.text("content-length");
  return (length !== undefined && !/^0+$/.test(length)) || request.text("transfer-encoding") !== undefined;
}

export function isContinue(expect: string | undefined): boolean {
  return expect !== undefined && /(^|\W)100-continue($|\W)/i.test(expect);
}

export function wantsWebSocket(request: Http1Request): boolean {
  return !request.isOld && request.text("upgrade")?.toLowerCase() === "websocket" && !hasBody(request);
}

/** Nobody has to be understood who asks for HTTP/2 in this way: Envoy goes on as if he had not. */
function wantsAnother(connection: string | undefined, request: Http1Request): boolean {
  if (connection === undefined || !/(^|[\s,])upgrade([\s,]|$)/i.test(connection)) return false;
  const upgrade = request.text("upgrade");
  return upgrade !== undefined && !/^(websocket|h2c)$/i.test(upgrade);
}

/** Node keeps the first and Envoy joins them; neither is what anybody meant. */
function hasTwoHosts(raw: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < raw.length; i += 2) if (raw[i]!.length === 4 && raw[i]!.toLowerCase() === "host") hosts++;
  return hosts > 1;
}
