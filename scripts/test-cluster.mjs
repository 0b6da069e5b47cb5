// `npm run test:cluster`: the tests that need a real cluster with Istio, named by KUBECONFIG. Arguments go to vitest.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, requireNode, root } from "./runtime.mjs";

if (!process.env.KUBECONFIG) {
  process.stderr.write(
    "Set KUBECONFIG to a cluster with Istio (kind, k3d, K3s, ...): these tests apply the story's files there.\n",
  );
  process.exit(2);
}
ensureInstalled("all");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const args = [vitest, "run", "--project", "cluster", ...process.argv.slice(2)];
process.exit(spawnSync(requireNode(), args, { cwd: root, stdio: "inherit" }).status ?? 1);
