// The fleet in its pod, seen from here.

import { Agent, request } from "node:http";
import type { Fleet, SeenAttempt } from "../fleet.ts";
import { type FleetRequest, POD_PORTS } from "../fleet-ports.ts";

/** `address` is where its control port can be reached. */
export function remoteFleet(address: { host: string; port: number }): Fleet {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return {
    ports: POD_PORTS,
    expect: async (id, plan) => void (await say({ ...address, agent }, { expect: id, plan })),
    take: (id) => say({ ...address, agent }, { take: id }),
    close: async () => agent.destroy(),
  };
}

function say(to: { host: string; port: number; agent: Agent }, message: FleetRequest): Promise<SeenAttempt[]> {
  const { promise, resolve, reject } = Promise.withResolvers<SeenAttempt[]>();
  const failed = (error: Error) =>
    reject(new Error(`the fleet's pod does not answer at ${to.host}:${to.port}: ${error.message}`, { cause: error }));
  const call = request({ ...to, method: "POST", timeout: DEADLINE_MS }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("error", failed);
    response.on("end", () => resolve(JSON.parse(text) as SeenAttempt[]));
  });
  call.on("timeout", () => call.destroy(new Error(`nothing within ${DEADLINE_MS} ms`)));
  call.on("error", failed);
  call.end(JSON.stringify(message));
  return promise;
}

const DEADLINE_MS = 10_000;
