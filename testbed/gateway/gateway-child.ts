// A gateway alone in a process, so that its memory is its own: a small world in memory, all requests to one upstream elsewhere.
// usage: gateway-process.ts

import type { TimeLimits } from "../../src/gateway/clients/time-limits.ts";
import { startGateway } from "../../src/gateway/start.ts";
import { EchoWorld, openTestCluster, realClock, silentLog } from "./world.ts";

export interface ChildInput {
  upstreamPort: number;
  timeLimits?: Partial<TimeLimits>;
}

export type ChildOutput =
  | { kind: "started"; port: number }
  /** `peakBytes`: since the last time it was asked. */
  | { kind: "memory"; rssBytes: number; heapBytes: number; peakBytes: number }
  | { kind: "stopped" };

const SAMPLE_MS = 20;

const tell = (message: ChildOutput) => process.send!(message);
const { upstreamPort, timeLimits = {} } = JSON.parse(process.argv[2]!) as ChildInput;
const sandbox = await openTestCluster();
const world = new EchoWorld(sandbox.cluster);
await world.setUp([{ route: [{ destination: { host: "echo" } }] }]);
await world.addPort("v1", upstreamPort, undefined);
const gateway = await startGateway({
  cluster: sandbox.cluster,
  clock: realClock,
  log: silentLog,
  ports: { 80: 0 },
  statsPort: 0,
  seed: 7,
  timeLimits,
});

let peakBytes = 0;
setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), SAMPLE_MS);

process.on("message", (wish: "memory" | "stop") => {
  if (wish === "memory") {
    globalThis.gc?.();
    const rssBytes = process.memoryUsage.rss();
    tell({
      kind: "memory",
      rssBytes,
      heapBytes: process.memoryUsage().heapUsed,
      peakBytes: Math.max(peakBytes, rssBytes),
    });
    peakBytes = 0;
    return;
  }
  void gateway.stop().then(() => {
    tell({ kind: "stopped" });
    process.exit(0);
  });
});
tell({ kind: "started", port: gateway.localPorts[80]! });
