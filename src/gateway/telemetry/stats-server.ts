// Istio's scrape address, on loopback: /stats/prometheus; and /healthz/ready as the ingress gateway's status port has it.

import { createServer, type Server } from "node:http";
import { portError } from "../wire/listen.ts";
import type { Stats } from "./stats.ts";
import { statsText } from "./stats-text.ts";

/** On the first of the ports that is free. */
export async function serveStats(
  stats: Stats,
  ports: readonly number[],
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url === "/stats/prometheus") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(statsText(stats));
    } else if (request.url === "/healthz/ready") response.writeHead(200).end();
    else response.writeHead(404).end("not found; metrics are at /stats/prometheus\n");
  });
  await bindFirst(server, ports);
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const METRICS = { subject: "The gateway's metrics cannot be served", flag: "--stats-port" };

async function bindFirst(server: Server, ports: readonly number[]): Promise<void> {
  for (const [i, port] of ports.entries())
    try {
      return await bind(server, port);
    } catch (error) {
      const cause = error as Error & { code?: string };
      if (cause.code !== "EADDRINUSE" || i === ports.length - 1) throw portError(cause, "127.0.0.1", port, METRICS);
    }
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
