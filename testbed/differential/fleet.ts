// The upstreams of both worlds, in this process: they do what the request's plan says and remember every attempt that reached them.
// A request is known by its header x-suite-id; the plan is registered before it is sent.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { UpstreamStep } from "./case.ts";
import { ENDPOINTS, type EndpointPorts, type TestEndpoint } from "./endpoints.ts";

export const ID_HEADER = "x-suite-id";

export interface SeenAttempt {
  endpoint: string;
  subset: string;
  port: "main" | "second";
  method: string;
  url: string;
  rawHeaders: string[];
  body: string;
}

export interface Fleet {
  readonly ports: EndpointPorts;
  /** Tells what to do with the attempts of a request, before it is sent. */
  expect(id: string, plan: readonly UpstreamStep[]): void;
  /** The attempts that came, in order; forgets them. */
  take(id: string): SeenAttempt[];
  close(): Promise<void>;
}

interface Visit {
  plan: readonly UpstreamStep[];
  attempts: SeenAttempt[];
}

export async function startFleet(): Promise<Fleet> {
  const visits = new Map<string, Visit>();
  const servers: Server[] = [];
  const ports = { main: 0, second: 0 };
  for (const which of ["main", "second"] as const)
    for (const endpoint of ENDPOINTS.filter(({ listens }) => listens)) {
      const server = createServer(
        { maxHeaderSize: 131_072 },
        (request, response) => void serve(visits, endpoint, which, request, response),
      );
      server.on("checkContinue", (request, response) => {
        response.writeContinue();
        void serve(visits, endpoint, which, request, response);
      });
      server.keepAliveTimeout = 120_000;
      ports[which] = await bind(server, endpoint.address, ports[which]);
      servers.push(server);
    }
  return {
    ports,
    expect: (id, plan) => void visits.set(id, { plan, attempts: [] }),
    take(id) {
      const attempts = visits.get(id)?.attempts ?? [];
      visits.delete(id);
      return attempts;
    },
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function bind(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve((server.address() as { port: number }).port));
  });
}

async function serve(
  visits: ReadonlyMap<string, Visit>,
  { name, labels }: TestEndpoint,
  port: "main" | "second",
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const visit = visits.get(String(request.headers[ID_HEADER]));
  let body = "";
  const attempt = {
    endpoint: name,
    subset: labels["version"] ?? "",
    port,
    method: request.method!,
    url: request.url!,
    rawHeaders: request.rawHeaders,
    body,
  };
  const number = visit === undefined ? 0 : visit.attempts.push(attempt) - 1;
  const step = visit?.plan[Math.min(number, visit.plan.length - 1)] ?? { status: 200 };
  if (step === "reset") return void request.socket.destroy();
  if (step === "garbage") return void request.socket.end("this is no HTTP\r\n\r\n");
  try {
    for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
  } catch {
    // The attempt was given up by the proxy.
  }
  attempt.body = body;
  if (step === "hang") return;
  if (step.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, step.delayMs));
  answer(response, step, attempt.subset);
}

function answer(response: ServerResponse, step: Exclude<UpstreamStep, string>, subset: string): void {
  const body = step.body ?? subset;
  const bodiless = step.status === 204 || step.status === 304;
  response.sendDate = !(step.headers ?? []).some(([name]) => name.toLowerCase() === "x-without-date");
  response.writeHead(step.status, [
    ...(bodiless ? [] : ["content-type", "text/plain", "content-length", String(Buffer.byteLength(body))]),
    ...(step.headers ?? []).flat(),
  ]);
  response.end(bodiless ? undefined : body);
}
