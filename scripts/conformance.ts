// Runs the cluster port's conformance suite against a real API server, through the Kubernetes adapter: the suite must say of the real
// thing what it says of the sandbox. Usage: node scripts/conformance.ts --bin DIR [--only TEXT]
// DIR holds etcd, kube-apiserver and kube-controller-manager, which are started on free loopback ports and stopped at the end.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connect } from "../src/adapters/kubernetes/connect.ts";
import { runCase, SUITE } from "../testbed/conformance/cluster/suite.ts";
import { realClock } from "../testbed/conformance/cluster/surroundings.ts";
import { startServer } from "./schemas/real-server.ts";

const { values } = parseArgs({ options: { bin: { type: "string" }, only: { type: "string", default: "" } } });
if (values.bin === undefined) throw new Error("usage: node scripts/conformance.ts --bin DIR [--only TEXT]");

const dir = mkdtempSync(join(tmpdir(), "conformance-"));
const server = await startServer(values.bin, { controllers: true });
let failed = 0;
try {
  const kubeconfig = join(dir, "kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify(server.kubeconfig), { mode: 0o600 });
  const { cluster } = await connect({ kubeconfig, env: {}, clock: realClock });
  for (const [area, cases] of Object.entries(SUITE))
    for (const each of cases.filter(({ name }) => `${area}: ${name}`.includes(values.only))) {
      if (each.needs === "short history") {
        console.log(`not run ${area}: ${each.name} (a real server keeps its history for minutes)`);
        continue;
      }
      try {
        await runCase(cluster, each);
        console.log(`ok      ${area}: ${each.name}`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED  ${area}: ${each.name}\n${error instanceof Error ? error.message : String(error)}`);
      }
    }
} finally {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}
console.log(failed === 0 ? "all passed" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
