// Istio's scrape address, on loopback: /stats/prometheus; and /healthz/ready as the ingress gateway's status port has it.

import { createServer } from "node:http";
import { portError } from "./listen.ts";
import type { Stats } from "./stats.ts";
import { statsText } from "./stats-text.ts";

export async function serveStats(stats: Stats, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url === "/stats/prometheus") {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(statsText(stats));
    } else if (request.url === "/healthz/ready") response.writeHead(200).end();
    else response.writeHead(404).end("not found; metrics are at /stats/prometheus\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => reject(portError(error, "127.0.0.1", port)));
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
