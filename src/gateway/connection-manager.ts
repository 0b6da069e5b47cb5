// What speaks with the clients behind one entrance: Node's own parsers, Envoy's limits and answers. Connections come from whoever
// accepted them, in plain text or out of TLS.

import { createServer, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { wantsWebSocket } from "./client-request.ts";
import type { Entrance } from "./entrance.ts";
import { Exchange } from "./exchange.ts";
import type { Gate } from "./gate.ts";
import { whenProtocolKnown } from "./preface.ts";

/** Envoy's max_request_headers_kb. */
const MAX_HEADER_BYTES = 61_440;
/** Envoy's default idle timeout of client connections; a short one would race with clients that reuse theirs. */
const IDLE_TIMEOUT_MS = 3_600_000;
/** As long as Node waits for a request's head. */
const FIRST_BYTE_TIMEOUT_MS = 60_000;

export class ConnectionManager {
  readonly #http1: Server;

  constructor(gate: Gate, entrance: Entrance) {
    this.#http1 = makeHttp1Server(gate, entrance);
  }

  accept(socket: Duplex): void {
    const expire = () => void socket.destroy();
    const { setTimeout: limit } = socket as Partial<Socket>;
    limit?.call(socket, FIRST_BYTE_TIMEOUT_MS, expire);
    whenProtocolKnown(socket, () => {
      limit?.call(socket, 0);
      socket.off("timeout", expire);
      this.#http1.emit("connection", socket);
    });
  }

  /** Ends idle connections; the others end after their answer, since the gate is draining. */
  drain(): void {
    this.#http1.close();
  }
}

function makeHttp1Server(gate: Gate, entrance: Entrance): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    // A missing Host is answered by us, so that it is counted and logged.
    requireHostHeader: false,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    requestTimeout: 0,
    // Other upgrades are not passed on: their requests are as any others.
    shouldUpgradeCallback: wantsWebSocket,
  });
  // Node would drop headers beyond its own number in silence; Exchange refuses more than Envoy takes.
  server.maxHeadersCount = 0;
  server.on("request", (request, response) => new Exchange(gate, entrance, request, response).start());
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    new Exchange(gate, entrance, request, response).start();
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => socket.destroy());
    socket.unshift(head);
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.on("finish", () => socket.end());
    new Exchange(gate, entrance, request, response).startUpgrade();
  });
  server.on("clientError", (error: Error & { code?: string }, socket) => refuse(gate, error, socket as Socket));
  server.on("connect", (_, socket: Socket) => socket.end(rawAnswer(gate, "404 Not Found", "")));
  // It never listens by itself, but this is when Node begins to look after the connections that it is given.
  server.emit("listening");
  return server;
}

/** What Envoy's codec answers to bytes that are no request. */
function refuse(gate: Gate, error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET" || error.code === "EPIPE") return void socket.destroy();
  const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const [status, body] = tooLarge
    ? ["431 Request Header Fields Too Large", "Request Header Fields Too Large"]
    : ["400 Bad Request", "Bad Request"];
  gate.stats.nowhere.observe(tooLarge ? 431 : 400, "DPE", 0);
  socket.end(rawAnswer(gate, status, body));
}

function rawAnswer(gate: Gate, status: string, body: string): string {
  const type = body === "" ? "" : "content-type: text/plain\r\n";
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${type}date: ${gate.httpDate()}\r\nserver: istio-envoy\r\nconnection: close\r\n\r\n${body}`;
}
