// Two sockets become one connection: after a WebSocket upgrade bytes pass as they are, both ways, as fast as the slower side takes
// them. When one side ends, the other one does.

import type { Duplex } from "node:stream";
import type { HeaderList } from "./headers.ts";

export interface SpliceEnd {
  by: "client" | "upstream";
  bytesReceived: number;
  bytesSent: number;
}

/** The head of the answer after which the connection is the WebSocket's. */
export function switchingProtocols(headers: HeaderList): string {
  const all = ["connection", "Upgrade", "upgrade", "websocket", ...headers];
  const lines = all.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}\r\n`] : []));
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`;
}

/** `ended` runs once. */
export function splice(client: Duplex, upstream: Duplex, ended: (end: SpliceEnd) => void): void {
  let over = false;
  let [bytesReceived, bytesSent] = [0, 0];
  const end = (by: SpliceEnd["by"]) => () => {
    if (over) return;
    over = true;
    // What has been read is still written.
    client.end();
    upstream.end();
    ended({ by, bytesReceived, bytesSent });
  };
  client.on("data", (chunk: Buffer) => (bytesReceived += chunk.length));
  upstream.on("data", (chunk: Buffer) => (bytesSent += chunk.length));
  for (const event of ["end", "error", "close"]) {
    client.on(event, end("client"));
    upstream.on(event, end("upstream"));
  }
  client.on("close", () => upstream.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}
