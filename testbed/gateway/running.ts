// A gateway with real sockets in front of the small world: ports of its own, the same seed for every test.

import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { realClock, silentLog } from "./world.ts";

export function startTestGateway(cluster: Cluster): Promise<RunningGateway> {
  return startGateway({ cluster, clock: realClock, log: silentLog, ports: { 80: 0 }, statsPort: 0, seed: 7 });
}
