// The HTTP/2 half of a pod (prior knowledge): the same answers as over HTTP/1.1. What it echoes has trailers: how many bytes came, and
// the client's own trailer.

import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type App, DOWNLOAD, DRIPS } from "./app.ts";

export const HEARD_BYTES = "x-heard-bytes";
export const HEARD_TRAILER = "x-heard-trailer";
export const CLIENT_TRAILER = "x-client-trailer";

export async function startHttp2App(version: string, address: string, port: number): Promise<App> {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => session.destroy());
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    // A reset; whether it was meant is the client's to say.
    stream.on("error", () => {});
    const head = { ":status": 200, "x-echo-version": version };
    if (headers[":method"] === "POST") return echo(stream, head);
    void answer(stream, head, headers[":path"]!).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, address, resolve));
  return { end: (graceMs) => endGracefully(server, sessions, sockets, graceMs) };
}

type Head = Record<string, string | number>;

function echo(stream: ServerHttp2Stream, head: Head): void {
  let [bytes, trailer] = [0, ""];
  stream.on("trailers", (trailers) => (trailer = String(trailers[CLIENT_TRAILER])));
  stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
  stream.on("wantTrailers", () =>
    stream.sendTrailers({ [HEARD_BYTES]: String(bytes), ...(trailer === "" ? {} : { [HEARD_TRAILER]: trailer }) }),
  );
  stream.respond(head, { waitForTrailers: true });
  stream.pipe(stream);
}

async function answer(stream: ServerHttp2Stream, head: Head, path: string): Promise<void> {
  const { pathname, searchParams } = new URL(path, "http://app");
  const takesMs = Number(searchParams.get("ms") ?? 0);
  const drips = pathname.endsWith("/drip") ? DRIPS : 0;
  if (drips === 0 && takesMs > 0) await sleep(takesMs);
  if (stream.destroyed) return;
  stream.respond(head);
  if (pathname.endsWith("/download")) return void stream.end(DOWNLOAD);
  for (let i = 0; i < drips && !stream.destroyed; i++) {
    stream.write(`drip ${i}\n`);
    await sleep(takesMs / DRIPS);
  }
  if (!stream.destroyed) stream.end("hello\n");
}

/** A GOAWAY to each; whoever is still there in the end is cut off. */
async function endGracefully(
  server: Http2Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  sockets: ReadonlySet<Socket>,
  graceMs: number,
): Promise<boolean> {
  let ended = true;
  const kill = setTimeout(() => {
    ended = false;
    // A session that is destroyed waits for its peer to hang up.
    for (const socket of sockets) socket.destroy();
  }, graceMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const session of sessions) session.close();
  await closed;
  clearTimeout(kill);
  return ended;
}
