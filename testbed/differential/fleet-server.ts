// One port of an endpoint: speaks HTTP/1.1 and, to clients that begin with its preface, HTTP/2.

import { createServer as createHttp1Server, type IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import type { UpstreamStep } from "./case.ts";
import { type Call, http1Call, http2Call } from "./fleet-call.ts";

export const ID_HEADER = "x-suite-id";

export interface EndpointServer {
  listener: Server;
  close(): void;
}

interface Handlers {
  /** What will be done with the request of that id. */
  next(id: string): UpstreamStep;
  serve(id: string, call: Call): void;
}

export function endpointServer(handlers: Handlers): EndpointServer {
  const http1 = http1Server(handlers);
  const http2 = createHttp2Server({ settings: { enableConnectProtocol: true } });
  http2.on("stream", (stream, headers, _flags, rawHeaders: string[]) =>
    handlers.serve(String(headers[ID_HEADER]), http2Call(stream, rawHeaders)),
  );
  http2.on("sessionError", () => {});
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      const speaksHttp2 = first.toString("latin1").startsWith("PRI");
      (speaksHttp2 ? http2 : http1).emit("connection", socket);
      // An HTTP/2 session takes by itself what has been read already.
      if (!speaksHttp2) socket.resume();
    });
  });
  return {
    listener,
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function http1Server({ next, serve }: Handlers) {
  const idOf = ({ headers }: IncomingMessage) => String(headers[ID_HEADER]);
  const ask = (request: IncomingMessage, response: ServerResponse, readsBody = true) =>
    serve(idOf(request), http1Call(request, response, readsBody));
  const switches = (request: IncomingMessage) => {
    const step = next(idOf(request));
    return typeof step === "object" && step.status === 101;
  };
  const server = createHttp1Server({ maxHeaderSize: 131_072, shouldUpgradeCallback: switches }, ask);
  server.keepAliveTimeout = 120_000;
  server.on("checkExpectation", ask);
  server.on("checkContinue", (request, response) => {
    const step = next(idOf(request));
    // A refusal is final: the body is not asked for.
    const refused = typeof step === "object" && step.status >= 400;
    if (!refused) response.writeContinue();
    ask(request, response, !refused);
  });
  server.on("upgrade", (request, socket: Socket, head) => {
    socket.unshift(head);
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    ask(request, response, false);
  });
  return server;
}
