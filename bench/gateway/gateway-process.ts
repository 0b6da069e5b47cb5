// The gateway alone in a process, connected to the API of a kubeconfig by the adapter. When it is asked it tells its memory and what
// it holds open; with --expose-gc after a collection of all garbage.
// usage: gateway-handle.ts

import { readdirSync } from "node:fs";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import { startGateway } from "../../src/gateway/start.ts";

export interface GatewaySample {
  rssBytes: number;
  /** JavaScript objects, and what they hold outside of the heap. */
  heapBytes: number;
  externalBytes: number;
  /** Timers, sockets, … by Node's names. */
  resources: Record<string, number>;
  fileDescriptors: number;
  cpuMs: number;
}

export type FromGateway =
  | { kind: "started"; port: number; statsPort: number }
  | { kind: "sample"; sample: GatewaySample; complaints: string[] }
  | { kind: "stopped" };

const [kubeconfig, accessLogFile] = process.argv.slice(2) as [string, string];
const clock = systemClock();
const complaints: string[] = [];
const complain = (message: string, fields?: object) => complaints.push(`${message} ${JSON.stringify(fields ?? {})}`);
const { cluster } = await connect({ kubeconfig, env: {}, clock });
const gateway = await startGateway({
  cluster,
  clock,
  log: { debug() {}, info() {}, warn: complain, error: complain },
  ports: { 80: 0 },
  statsPort: 0,
  seed: 1,
  accessLogFile,
});
const tell = (message: FromGateway) => process.send!(message);

process.on("message", (wish: "sample" | "stop") => {
  if (wish === "sample") return tell({ kind: "sample", sample: sample(), complaints: complaints.splice(0) });
  void gateway.stop().then(() => {
    tell({ kind: "stopped" });
    process.disconnect();
  });
});
// The driver is gone.
process.on("disconnect", () => process.exit());
tell({ kind: "started", port: gateway.localPorts[80]!, statsPort: gateway.statsPort });

function sample(): GatewaySample {
  const { user, system } = process.cpuUsage();
  // Twice: what finalizers let go of in the first is collected in the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    resources,
    fileDescriptors: readdirSync("/proc/self/fd").length,
    cpuMs: (user + system) / 1_000,
  };
}
