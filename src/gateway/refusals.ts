// What a client gets whose bytes are no request, or who lets the gateway wait: an answer that says so, after the answers that it has
// still to come, and the end of the connection.

import type { Exchange } from "./exchange.ts";
import type { Gate } from "./gate.ts";
import { type HttpSocket, isHeldBack, newestResponse, whenAnswered } from "./in-turn.ts";
import * as local from "./local-reply.ts";

const SLOW = "ERR_HTTP_REQUEST_TIMEOUT";

/** Envoy's delayed_close_timeout: ending at once what is still being sent would take the answer away from the client. */
const LINGER_MS = 1_000;

export interface ClientError extends Error {
  code?: string;
}

/** What Envoy's codec and its time limits answer. Undefined: nobody is there any more. */
function replyTo({ code = "" }: ClientError): local.LocalReply | undefined {
  if (code === "ECONNRESET" || code === "EPIPE" || code === "HPE_INVALID_EOF_STATE") return undefined;
  if (code === SLOW) return local.SLOW_HEAD;
  return code === "HPE_HEADER_OVERFLOW" ? local.LARGE_HEAD : local.BAD_REQUEST;
}

export class Refusals {
  readonly #gate: Gate;
  /** Whose body is coming or came. */
  readonly #exchanges = new WeakMap<object, Exchange>();
  readonly #refused = new WeakSet<HttpSocket>();
  /** Since when a connection is idle, and what it had sent until then. */
  readonly #idle = new WeakMap<HttpSocket, { bytesRead: number; sinceMs: number }>();

  constructor(gate: Gate) {
    this.#gate = gate;
  }

  /** To be told of every exchange whose request has a body: it may turn out to be broken. */
  remember(response: object, exchange: Exchange): void {
    this.#exchanges.set(response, exchange);
  }

  refuse(error: ClientError, socket: HttpSocket): void {
    if (this.#refused.has(socket)) return;
    if (error.code === SLOW && isHeldBack(socket)) return;
    this.#refused.add(socket);
    const reply = replyTo(error);
    if (reply === undefined || !socket.writable) return void socket.destroy();
    const newest = newestResponse(socket);
    if (newest === undefined || newest.req.complete) return whenAnswered(socket, () => this.end(socket, reply));
    const breakOff = () => this.#breakOff(socket, newest, reply);
    if (newest.socket !== null) breakOff();
    else newest.once("socket", breakOff);
  }

  /** Nothing has come and nothing has gone for so long: is it the client's fault, and enough? */
  hasStalled(socket: HttpSocket, quietMs: number): boolean {
    const newest = newestResponse(socket);
    if (newest === undefined) return this.#hasIdled(socket, quietMs);
    const { req } = newest;
    // Node stops reading while nobody takes the body: that is not the client's fault.
    if (!req.complete && req.readableFlowing === true && !newest.headersSent) {
      this.#refused.add(socket);
      this.#breakOff(socket, newest, local.SLOW_BODY);
      return false;
    }
    return socket.writableLength > 0;
  }

  /** A connection without a request. */
  #hasIdled(socket: HttpSocket, quietMs: number): boolean {
    const nowMs = this.#gate.monotonicMs();
    let idle = this.#idle.get(socket);
    if (idle?.bytesRead !== socket.bytesRead) {
      idle = { bytesRead: socket.bytesRead, sinceMs: nowMs - quietMs };
      this.#idle.set(socket, idle);
    }
    return nowMs - idle.sinceMs >= this.#gate.timeLimits.idleMs;
  }

  /** The last answer of a connection. */
  end(socket: HttpSocket, reply: local.LocalReply): void {
    this.#gate.stats.nowhere.observe(reply.code, reply.flags, 0);
    socket.end(local.rawAnswer(reply, this.#gate.httpDate()));
    socket.resume();
    const cancel = this.#gate.clock.after(LINGER_MS, () => socket.destroy());
    socket.once("close", cancel);
  }

  #breakOff(socket: HttpSocket, response: object, reply: local.LocalReply): void {
    const exchange = this.#exchanges.get(response);
    if (exchange === undefined || exchange.done) socket.destroySoon();
    else exchange.breakOff(reply);
  }
}
