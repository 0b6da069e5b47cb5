// `npm run test:differential`: the sandbox gateway against real istiod and Envoy. SERIN_MESH_BIN names the folder with etcd,
// kube-apiserver, pilot-discovery and envoy; they run on loopback ports and are stopped at the end. Arguments go to vitest.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, requireNode, root } from "./runtime.mjs";

if (!process.env.SERIN_MESH_BIN) {
  process.stderr.write(
    "Set SERIN_MESH_BIN to a folder with etcd, kube-apiserver, pilot-discovery and envoy (Linux builds; Istio 1.31, Envoy 1.40).\n",
  );
  process.exit(2);
}
ensureInstalled("all");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const args = [vitest, "run", "--project", "cluster", "test/cluster/differential-", ...process.argv.slice(2)];
process.exit(spawnSync(requireNode(), args, { cwd: root, stdio: "inherit" }).status ?? 1);
