// Regenerates the pinned facts in src/sandbox/cluster/schema from their sources:
//   builtin.json   fields, types, list and merge keys of core kinds, from a real API server's /openapi/v3
//   defaults.json  what that server fills in, learnt by creating sample objects (dry run) and reading its answers
//   istio.json     Istio's CustomResourceDefinitions, from the Go module istio.io/api, without their prose
//   gateway-api.json  those of Gateway API that the gateway reads, from the Go module sigs.k8s.io/gateway-api
// Usage: node scripts/schemas.ts --bin DIR    starts DIR/etcd and DIR/kube-apiserver on free loopback ports, and stops them

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { learnDefaults } from "./schemas/defaults.ts";
import { readDefinitions } from "./schemas/openapi.ts";
import { gatewayApiDefinitions, istioDefinitions } from "./schemas/published.ts";
import { startServer } from "./schemas/real-server.ts";

const OUT = join(import.meta.dirname, "../src/sandbox/cluster/schema");

const { values } = parseArgs({ options: { bin: { type: "string" } } });
if (values.bin === undefined)
  throw new Error("usage: node scripts/schemas.ts --bin DIR (with etcd and kube-apiserver)");

const server = await startServer(values.bin);
try {
  const facts = await readDefinitions(server);
  write("builtin.json", facts);
  write("defaults.json", await learnDefaults(server, facts));
} finally {
  await server.stop();
}
write("istio.json", istioDefinitions());
write("gateway-api.json", gatewayApiDefinitions());

function write(file: string, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`;
  writeFileSync(join(OUT, file), text);
  console.log(`${file}: ${(text.length / 1024).toFixed(0)} KiB`);
}
