// Requests that a client sends without waiting for the answers before (pipelining) are passed on one after the other, as Envoy does.
// Node hands each over as soon as it is parsed: unless they wait here, a later one could reach the upstream before an earlier one
// (https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2), and a flood of them would fill the memory.

/* oxlint-disable no-underscore-dangle -- these are Node's own names. */

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** So many may wait before the client is no longer read; one piece of what it sent may bring more. */
const MOST_WAITING = 32;

interface Waiting {
  count: number;
  last: ServerResponse;
}

/** Node's own marks on a client's socket: the answer that is being written, and whether reading is held back. */
export interface HttpSocket extends Socket {
  _httpMessage?: ServerResponse | null;
  _paused?: boolean;
  parser?: { resume(): void } | null;
}

const waiting = new WeakMap<Socket, Waiting>();

/** Starts a request when the answers before it are written; never when the connection ends first. */
export function inTurn(socket: HttpSocket, response: ServerResponse, start: () => void): void {
  // Node gives a response the socket when it is its turn.
  if (response.socket !== null) return start();
  const queue = waiting.get(socket) ?? { count: 0, last: response };
  waiting.set(socket, queue);
  queue.count++;
  queue.last = response;
  if (queue.count > MOST_WAITING) holdBack(socket);
  response.once("socket", () => {
    queue.count--;
    if (queue.count === 0) waiting.delete(socket);
    if (queue.count < MOST_WAITING) readOn(socket);
    start();
  });
}

/** The newest request's response while it is not complete. */
export function newestResponse(socket: HttpSocket): ServerResponse | undefined {
  return waiting.get(socket)?.last ?? socket._httpMessage ?? undefined;
}

/** Runs when all requests so far are answered; never when the connection ends first. */
export function whenAnswered(socket: HttpSocket, run: () => void): void {
  const newest = newestResponse(socket);
  if (newest === undefined) run();
  else newest.once("finish", run);
}

/** The client is not read, so what it has not said is not its fault. */
export function isHeldBack(socket: HttpSocket): boolean {
  return socket._paused === true || waiting.has(socket);
}

function holdBack(socket: HttpSocket): void {
  socket._paused = true;
  socket.pause();
}

function readOn(socket: HttpSocket): void {
  if (socket._paused !== true) return;
  socket._paused = false;
  // Node pauses its parser when it sees the mark, and goes on in this way itself.
  socket.parser?.resume();
  socket.resume();
}
