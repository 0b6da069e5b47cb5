// A gateway with real sockets in front of the small world: ports of its own, the same seed for every test.

import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { realClock, silentLog } from "./world.ts";

export function startTestGateway(cluster: Cluster): Promise<RunningGateway> {
  return startGateway({ cluster, clock: realClock, log: silentLog, ports: { 80: 0 }, statsPort: 0, seed: 7 });
}

/** The first count of requests in its metrics with these labels and this value. */
export async function countLine({ statsPort }: RunningGateway, pattern: RegExp): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${statsPort}/stats/prometheus`)).text();
  return text.split("\n").find((line) => line.startsWith("istio_requests_total{") && pattern.test(line));
}
