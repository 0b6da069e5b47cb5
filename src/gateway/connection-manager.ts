// What speaks with the clients behind one entrance: Node's own parsers, Envoy's limits and answers. Connections come from whoever
// accepted them, in plain text or out of TLS.

import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasBody, wantsWebSocket } from "./client-request.ts";
import type { Entrance } from "./entrance.ts";
import { Exchange } from "./exchange.ts";
import type { Gate } from "./gate.ts";
import { BUFFER_BYTES } from "./gathered-writes.ts";
import { MAX_HEADER_BYTES } from "./headers.ts";
import { Http1Downstream } from "./http1-downstream.ts";
import { Http2Entrance } from "./http2-server.ts";
import { inTurn, newestResponse, whenAnswered } from "./in-turn.ts";
import * as local from "./local-reply.ts";
import { whenProtocolKnown } from "./preface.ts";
import { type ClientError, Refusals } from "./refusals.ts";

/** How often Node looks for heads that do not come; its default. */
const LOOK_MS = 30_000;

export class ConnectionManager {
  readonly #firstByteMs: number;
  readonly #http1: Server;
  readonly #http2: Http2Entrance;

  constructor(gate: Gate, entrance: Entrance) {
    this.#firstByteMs = gate.timeLimits.headMs;
    this.#http1 = makeHttp1Server(gate, entrance);
    this.#http2 = new Http2Entrance(gate, entrance);
  }

  accept(socket: Duplex): void {
    const expire = () => void socket.destroy();
    const { setTimeout: limit } = socket as Partial<Socket>;
    limit?.call(socket, this.#firstByteMs, expire);
    whenProtocolKnown(socket, (isHttp2) => {
      limit?.call(socket, 0);
      socket.off("timeout", expire);
      if (isHttp2) this.#http2.accept(socket);
      else this.#http1.emit("connection", socket);
    });
  }

  /** Ends idle connections; the others end after their answer, since the gate is draining. */
  drain(): void {
    this.#http1.close();
    this.#http2.drain();
  }
}

function makeHttp1Server(gate: Gate, entrance: Entrance): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    highWaterMark: BUFFER_BYTES,
    // A missing Host is answered by us, so that it is counted and logged.
    requireHostHeader: false,
    // Node would set a timer anew for every request: quiet connections are looked at by one that stays.
    keepAliveTimeout: 0,
    headersTimeout: gate.timeLimits.headMs,
    connectionsCheckingInterval: Math.min(gate.timeLimits.headMs / 4, LOOK_MS),
    // A whole request may take as long as it likes: see time-limits.ts.
    requestTimeout: 0,
    // Other upgrades are not passed on, nor one behind requests without an answer: these are as any other requests.
    shouldUpgradeCallback: (request) => wantsWebSocket(request) && newestResponse(request.socket) === undefined,
  });
  // Node would drop headers beyond its own number in silence; Exchange refuses more than Envoy takes.
  server.maxHeadersCount = 0;
  const refusals = new Refusals(gate);
  const take = (request: IncomingMessage, response: ServerResponse, begin: (exchange: Exchange) => void): void =>
    inTurn(request.socket, response, () => {
      const exchange = new Exchange(gate, entrance, new Http1Downstream(gate, request, response));
      if (hasBody(request)) refusals.remember(response, exchange);
      begin(exchange);
    });
  server.on("request", (request, response) => take(request, response, (exchange) => exchange.start()));
  // What nobody knows is not for the gateway to refuse.
  server.on("checkExpectation", (request, response) => take(request, response, (exchange) => exchange.start()));
  server.on("checkContinue", (request, response) => take(request, response, (exchange) => exchange.start()));
  server.on("upgrade", (request, socket: Socket, head) => {
    socket.setTimeout(0);
    socket.on("error", () => socket.destroy());
    socket.unshift(head);
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.on("finish", () => socket.end());
    const client = new Http1Downstream(gate, request, response);
    new Exchange(gate, entrance, client).startUpgrade(client);
  });
  server.on("clientError", (error: ClientError, socket) => refusals.refuse(error, socket as Socket));
  server.on("connect", (_, socket: Socket) => whenAnswered(socket, () => refusals.end(socket, local.NO_TUNNEL)));
  const quietMs = Math.min(gate.timeLimits.stallMs, gate.timeLimits.idleMs);
  server.setTimeout(quietMs, (socket) => {
    if (refusals.hasStalled(socket, quietMs)) socket.destroy();
    else socket.setTimeout(quietMs);
  });
  // It never listens by itself, but this is when Node begins to look after the connections that it is given.
  server.emit("listening");
  return server;
}
