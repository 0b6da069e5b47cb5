// A controller and nothing else, as a process of its own: connected by the adapter to the API server of a kubeconfig. It reports
// over IPC when it is asked. Metrics and proxies answer nothing: the Canaries here are idle.
// usage: fork("bench/controller-process.ts", [KUBECONFIG])

import { istioRouter } from "../src/adapters/istio/router.ts";
import { connect } from "../src/adapters/kubernetes/connect.ts";
import type { RequestCount } from "../src/adapters/kubernetes/request-table.ts";
import { systemClock } from "../src/adapters/telemetry/clock.ts";
import { startController } from "../src/controller/start.ts";

export interface Report {
  rssBytes: number;
  heapUsedBytes: number;
  externalBytes: number;
  requests: RequestCount[];
  complaints: number;
}

const clock = systemClock();
const { cluster, urgent, requests } = await connect({ kubeconfig: process.argv[2], env: {}, clock });
let complaints = 0;
const complain = (message: string, fields?: object) => {
  complaints += 1;
  if (process.env.BENCH_LOG === "1") console.error(message, JSON.stringify(fields));
};

process.on("message", () => {
  const { rss, heapUsed, external } = process.memoryUsage();
  const report: Report = {
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    requests: requests(),
    complaints,
  };
  process.send?.(report);
});

await startController({
  cluster,
  router: istioRouter({ cluster, urgent }),
  metrics: { read: async () => ({ atMs: clock.now(), workloads: {} }) },
  dataPlane: { acknowledged: async () => ({ acknowledged: true }), inFlight: async () => 0 },
  clock,
  log: { debug() {}, info() {}, warn: complain, error: complain },
  random: Math.random,
  identity: "bench",
});
process.send?.("started");
