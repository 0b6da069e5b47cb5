// The gateway in a process of its own for bench/gateway.ts: node bench/gateway-process.ts PORT UPSTREAM_PORT ACCESS_LOG

import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAYS,
  PODS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../src/core/kubernetes/resource.ts";
import { startGateway } from "../src/gateway/start.ts";
import { destinationRule, gateway, pod, slice } from "../testbed/gateway/objects.ts";
import { object, openTestCluster, realClock, silentLog, virtualService, weighted } from "../testbed/gateway/world.ts";

const [port, upstreamPort, accessLogFile] = process.argv.slice(2) as [string, string, string];
const { cluster } = await openTestCluster();
await cluster.create(
  SERVICES,
  object("v1", "Service", "echo", { ports: [{ name: "http", port: 80, targetPort: 8080 }] }),
);
await cluster.create(GATEWAYS, gateway());
await cluster.create(DESTINATION_RULES, destinationRule());
await cluster.create(VIRTUAL_SERVICES, virtualService([weighted(80, 20)], "echo", { gateways: ["gw"] }));
const pods = {
  annotations: { "sandbox.serin.dev/dial": JSON.stringify({ "8080": `127.0.0.1:${upstreamPort}` }) },
  ownerReferences: [],
};
for (const version of ["v1", "v2"]) await cluster.create(PODS, pod(`echo-${version}`, version, pods));
await cluster.create(
  ENDPOINT_SLICES,
  slice(["v1", "v2"].map((version, i) => ({ ip: `127.1.0.${i + 1}`, pod: `echo-${version}` }))),
);
const running = await startGateway({
  cluster,
  clock: realClock,
  log: silentLog,
  ports: { 80: Number(port) },
  statsPort: 0,
  seed: 1,
  accessLogFile,
});
process.once("SIGTERM", () => void running.stop().then(() => process.exit(0)));
