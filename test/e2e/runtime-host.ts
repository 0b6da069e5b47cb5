// A process with a sandbox API and runtime, to be killed by runtime-restart.test.ts: node runtime-host.ts HOME [apply|stubborn].
// Prints a JSON line whenever the pods or the offered addresses change. SIGTERM stops it cleanly.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import { ENDPOINT_SLICES, PODS } from "../../src/core/kubernetes/resource.ts";
import type { EndpointSlice, Pod } from "../../src/core/kubernetes/workload.ts";
import { openSandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startRuntime } from "../../src/sandbox/runtime/start.ts";
import { app, applyAll, echoCanary, isReady } from "./runtime-world.ts";

export interface Seen {
  pods: { name: string; uid: string; ready: boolean; restarts: number; pid: number; ip: string }[];
  /** Addresses that a slice offers as ready. */
  offered: string[];
}

const [home = "", task] = process.argv.slice(2);
const clock = systemClock();
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };
const catalogueFile = join(home, "catalogue.yaml");
const sandbox = await openSandboxCluster({ dataFile: join(home, "state.db"), clock, log });
const { cluster } = sandbox;
const runtime = await startRuntime({ cluster, clock, log, homeDir: home, catalogueFile });
let last = "";
await print();
if (task === "apply") await applyAll(cluster, echoCanary());
if (task === "stubborn") {
  const program = join(home, "stubborn.mjs");
  writeFileSync(
    program,
    `import { spawn } from "node:child_process";
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"], { stdio: "ignore" });
setInterval(() => {}, 1_000);`,
  );
  writeFileSync(catalogueFile, `images: [{image: stubborn, command: ["${process.execPath}", "${program}"]}]`);
  await applyAll(cluster, app("stubborn", { image: "stubborn", container: [] }));
}
process.once("SIGTERM", () => void stop());
setInterval(() => void print(), 10);

async function print(): Promise<void> {
  const [pods, slices] = await Promise.all([cluster.list<Pod>(PODS), cluster.list<EndpointSlice>(ENDPOINT_SLICES)]);
  const seen: Seen = {
    pods: pods.items.map((pod) => {
      const status = pod.status?.containerStatuses?.[0];
      return {
        name: pod.metadata.name,
        uid: pod.metadata.uid ?? "",
        ready: isReady(pod),
        restarts: status?.restartCount ?? 0,
        pid: Number(/^process:\/\/(\d+)-/.exec(status?.containerID ?? "")?.[1] ?? 0),
        ip: pod.status?.podIP ?? "",
      };
    }),
    offered: slices.items.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ addresses, conditions }) => (conditions?.ready ? addresses : [])),
    ),
  };
  const line = JSON.stringify(seen);
  if (line !== last) process.stdout.write(`${line}\n`);
  last = line;
}

async function stop(): Promise<void> {
  await runtime.stop();
  await sandbox.close();
  process.exit(0);
}
