// Runs the cluster port's conformance suite against a real API server, through the Kubernetes adapter: the suite must say of the real
// thing what it says of the sandbox. Then runs random histories on the real server and on the sandbox and compares each answer.
// Usage: node scripts/conformance.ts --bin DIR [--only TEXT] [--histories 100] [--seed 1]
// DIR holds etcd, kube-apiserver and kube-controller-manager, which are started on free loopback ports and stopped at the end.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connect } from "../src/adapters/kubernetes/connect.ts";
import type { Cluster } from "../src/ports/cluster.ts";
import { openSandboxCluster } from "../src/sandbox/cluster/open.ts";
import { installTries } from "../testbed/conformance/cluster/definition-cases.ts";
import { compareHistory } from "../testbed/conformance/cluster/random-history.ts";
import { runCase, SUITE } from "../testbed/conformance/cluster/suite.ts";
import { realClock, SILENT } from "../testbed/conformance/cluster/surroundings.ts";
import { startServer } from "./schemas/real-server.ts";

const { values } = parseArgs({
  options: {
    bin: { type: "string" },
    only: { type: "string", default: "" },
    histories: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
if (values.bin === undefined)
  throw new Error("usage: node scripts/conformance.ts --bin DIR [--only TEXT] [--histories N] [--seed N]");

const dir = mkdtempSync(join(tmpdir(), "conformance-"));
const server = await startServer(values.bin, { controllers: true });
let failed = 0;
try {
  const kubeconfig = join(dir, "kubeconfig");
  writeFileSync(kubeconfig, JSON.stringify(server.kubeconfig), { mode: 0o600 });
  const { cluster } = await connect({ kubeconfig, env: {}, clock: realClock });
  failed += await runSuite(cluster, values.only);
  failed += await compareHistories(cluster, Number(values.histories), Number(values.seed));
} finally {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
}
console.log(failed === 0 ? "all passed" : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runSuite(cluster: Cluster, only: string): Promise<number> {
  let failed = 0;
  const cases = Object.entries(SUITE).flatMap(([area, each]) => each.map((one) => ({ area, one })));
  for (const { area, one } of cases.filter(({ area, one }) => `${area}: ${one.name}`.includes(only))) {
    if (one.needs === "short history") {
      console.log(`not run ${area}: ${one.name} (a real server keeps its history for minutes)`);
      continue;
    }
    try {
      await runCase(cluster, one);
      console.log(`ok      ${area}: ${one.name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${area}: ${one.name}\n${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed;
}

async function compareHistories(real: Cluster, count: number, firstSeed: number): Promise<number> {
  const sandbox = await openSandboxCluster({ dataFile: ":memory:", clock: realClock, log: SILENT });
  await installTries(real);
  await installTries(sandbox.cluster);
  let [failed, steps] = [0, 0];
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const outcome = await compareHistory(real, sandbox.cluster, seed);
    steps += outcome.steps;
    if (outcome.difference === undefined) continue;
    failed += 1;
    const { steps: led, left, right } = outcome.difference;
    console.log(`DIFFERS seed ${seed} after\n${led.map((step) => JSON.stringify(step)).join("\n")}`);
    console.log(`real    ${JSON.stringify(left)}\nsandbox ${JSON.stringify(right)}`);
  }
  console.log(`${count} random histories, ${steps} steps compared, seeds from ${firstSeed}`);
  await sandbox.close();
  return failed;
}
