// The upstreams of a world, in one process: they do what the request's plan says and remember every attempt that reached them.
// A request is known by its header x-suite-id; the plan is registered before it is sent. On a cluster this runs in a pod (fleet-in-pod.ts).

import type { Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { UpstreamAnswer, UpstreamStep } from "./case.ts";
import { ENDPOINTS, type EndpointPorts, type TestEndpoint } from "./endpoints.ts";
import type { Call } from "./fleet-call.ts";
import { listenDeaf } from "./fleet-deaf.ts";
import { type EndpointServer, endpointServer } from "./fleet-server.ts";

export interface SeenAttempt {
  endpoint: string;
  subset: string;
  port: "main" | "second";
  method: string;
  url: string;
  protocol: Call["protocol"];
  rawHeaders: string[];
  body: string;
  rawTrailers: string[];
  /** Equal for attempts that came by one connection. */
  connection: number;
}

export interface Fleet {
  readonly ports: EndpointPorts;
  /** Tells what to do with the attempts of a request, before it is sent. */
  expect(id: string, plan: readonly UpstreamStep[]): Promise<void>;
  /** The attempts that came, in order; forgets them. */
  take(id: string): Promise<SeenAttempt[]>;
  close(): Promise<void>;
}

interface Visit {
  plan: readonly UpstreamStep[];
  attempts: SeenAttempt[];
}

/** Where a port of an endpoint is bound; port 0 for any that is free, the same for all endpoints. */
export type PlaceOf = (endpoint: TestEndpoint, which: keyof EndpointPorts) => { host: string; port: number };

const onLoopback: PlaceOf = ({ address }) => ({ host: address, port: 0 });

export async function startFleet(placeOf: PlaceOf = onLoopback): Promise<Fleet> {
  const visits = new Map<string, Visit>();
  const servers: EndpointServer[] = [];
  const ports = { main: 0, second: 0 };
  for (const port of ["main", "second"] as const)
    for (const endpoint of ENDPOINTS.filter(({ listens }) => listens)) {
      const server = endpointServer({
        next: (id) => stepFor(visits.get(id), endpoint),
        serve: (id, call) => void serve(visits.get(id), { endpoint, port }, call),
      });
      const place = placeOf(endpoint, port);
      ports[port] = await bind(server.listener, { ...place, port: place.port || ports[port] });
      servers.push(server);
    }
  const deaf = ENDPOINTS.filter((endpoint) => endpoint.deaf === true);
  const unheard = await Promise.all(
    deaf.map((endpoint) => {
      const place = placeOf(endpoint, "main");
      return listenDeaf({ ...place, port: place.port || ports.main });
    }),
  );
  return {
    ports,
    expect: async (id, plan) => void visits.set(id, { plan, attempts: [] }),
    async take(id) {
      const attempts = visits.get(id)?.attempts ?? [];
      visits.delete(id);
      return attempts;
    },
    async close() {
      for (const server of [...servers, ...unheard]) server.close();
    },
  };
}

function bind(server: Server, { host, port }: ReturnType<PlaceOf>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", ({ message }) =>
      reject(
        new Error(`${message}: where only 127.0.0.1 is there (macOS), add ${host}: sudo ifconfig lo0 alias ${host}`),
      ),
    );
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

const connections = new WeakMap<object, number>();
let lastConnection = 0;

function numberOf(connection: object): number {
  const number = connections.get(connection) ?? ++lastConnection;
  connections.set(connection, number);
  return number;
}

const OK: UpstreamAnswer = { status: 200 };

/** What is to be done with the attempt that comes next. */
function stepFor(visit: Visit | undefined, { name }: TestEndpoint): UpstreamStep {
  if (visit === undefined) return OK;
  const step = visit.plan[Math.min(visit.attempts.length, visit.plan.length - 1)] ?? OK;
  return typeof step === "object" && step.onlyAt !== undefined && !step.onlyAt.includes(name) ? OK : step;
}

async function serve(
  visit: Visit | undefined,
  { endpoint, port }: { endpoint: TestEndpoint; port: SeenAttempt["port"] },
  call: Call,
): Promise<void> {
  const step = stepFor(visit, endpoint);
  const { method, url, protocol, rawHeaders } = call;
  const connection = numberOf(call.connection);
  const subset = endpoint.labels["version"] ?? "";
  const attempt: SeenAttempt = {
    ...{ endpoint: endpoint.name, subset, port, method, url, protocol, rawHeaders, connection },
    ...{ body: "", rawTrailers: [] },
  };
  visit?.attempts.push(attempt);
  if (step === "reset") return call.reset();
  if (step === "garbage") return call.garble();
  if (step === "refuse") return call.refuse();
  Object.assign(attempt, await call.received());
  if (step === "hang") return;
  if (step.delayMs !== undefined) await sleep(step.delayMs);
  await call.answer(step, subset);
}
