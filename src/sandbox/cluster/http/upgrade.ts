// Connections that leave HTTP: https://www.rfc-editor.org/rfc/rfc9110#name-upgrade

import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { UpgradeReply } from "./reply.ts";

/** A connection that Node has handed over, with what came after the request's headers. */
export interface Upgrade {
  socket: Duplex;
  head: Buffer;
}

/** For the peer to read what was sent last and to close; then it is cut off. */
const FAREWELL_MS = 200;

/** Only these requests are handed over; a client that would like to upgrade any other is answered as if it had not said so. */
export function mayUpgrade({ url = "" }: Pick<IncomingMessage, "url">): boolean {
  return /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/portforward\/?(\?|$)/.test(url);
}

/** How a request that asked to upgrade is refused: as any other, and then its connection is closed. */
export function responseOn(request: IncomingMessage, { socket }: Upgrade): ServerResponse {
  socket.on("error", () => {});
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once("finish", () => {
    response.detachSocket(socket as Socket);
    farewell(socket);
  });
  return response;
}

export async function sendUpgrade(
  response: ServerResponse,
  { socket, head }: Upgrade,
  { reply, closing }: { reply: UpgradeReply; closing: AbortSignal },
): Promise<void> {
  response.detachSocket(socket as Socket);
  (socket as Socket).setNoDelay(true);
  const lines = Object.entries(reply.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
  if (head.length > 0) socket.unshift(head);
  try {
    await reply.serve(socket, closing);
  } catch (error) {
    // A client that goes away in mid-sentence is no error of ours.
    if (!socket.destroyed) throw error;
  } finally {
    farewell(socket);
  }
}

/** What the peer still sends is read, or its unread bytes would make the system cut the connection before it has read ours. */
function farewell(socket: Duplex): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.once("close", () => clearTimeout(timer));
}
