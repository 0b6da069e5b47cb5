// `npm run test:differential`: the sandbox gateway against real istiod and Envoy. SERIN_MESH_BIN names the folder with etcd,
// kube-apiserver and pilot-discovery, SERIN_ENVOY_BIN the program envoy when it is not there, too; they run on loopback ports and
// are stopped at the end. Arguments go to vitest.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, requireNode, root } from "./runtime.mjs";

if (!process.env.SERIN_MESH_BIN) {
  process.stderr.write(
    "Set SERIN_MESH_BIN to a folder with etcd, kube-apiserver and pilot-discovery (Linux; Istio 1.31), SERIN_ENVOY_BIN to envoy (1.40).\n",
  );
  process.exit(2);
}
ensureInstalled("all");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const args = [vitest, "run", "--project", "cluster", "test/cluster/differential-", ...process.argv.slice(2)];
process.exit(spawnSync(requireNode(), args, { cwd: root, stdio: "inherit" }).status ?? 1);
