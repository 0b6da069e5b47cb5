// The application behind the gateway in the soak: echoes bodies as they come, drips answers, echoes upgraded connections, and
// ends gracefully as a well-behaved program does on SIGTERM. This half speaks HTTP/1.1; the others are http2-app.ts and grpc-app.ts.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** Of the answer to /download. */
export const DOWNLOAD_BYTES = 512 * 1024;
export const DOWNLOAD = Buffer.alloc(DOWNLOAD_BYTES, "0123456789abcdef");
export const DRIPS = 8;

export interface App {
  /** No new connections; resolves when the last running request and upgraded connection has ended: true, or when it was cut off. */
  end(graceMs: number): Promise<boolean>;
}

export async function startHttp1App(version: string, address: string, port: number): Promise<App> {
  const server = createServer((request, response) => {
    response.setHeader("x-echo-version", version);
    void answer(request, response).catch(() => response.destroy());
  });
  // Longer than the gateway keeps one: a server that closes an idle connection races with the next request on it.
  server.keepAliveTimeout = 7_200_000;
  server.on("upgrade", (request, socket: Duplex) => {
    socket.on("error", () => socket.destroy());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nx-echo-version: ${version}\r\nsec-websocket-accept: ${acceptOf(request)}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, address, resolve));
  return { end: (graceMs) => endGracefully(server, graceMs) };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, "http://app");
  if (request.method === "POST") return void request.on("error", () => response.destroy()).pipe(response);
  if (pathname.endsWith("/download")) return void response.end(DOWNLOAD);
  const takesMs = Number(searchParams.get("ms") ?? 0);
  if (pathname.endsWith("/drip")) {
    for (let i = 0; i < DRIPS && !response.destroyed; i++) {
      response.write(`drip ${i}\n`);
      await sleep(takesMs / DRIPS);
    }
  } else if (takesMs > 0) await sleep(takesMs);
  response.end("hello\n");
}

/** RFC 6455, 4.2.2. */
export function acceptOf(request: Pick<IncomingMessage, "headers">): string {
  const key = String(request.headers["sec-websocket-key"]);
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

async function endGracefully(server: Server, graceMs: number): Promise<boolean> {
  let ended = true;
  const kill = setTimeout(() => {
    ended = false;
    server.closeAllConnections();
  }, graceMs);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(kill);
  return ended;
}
