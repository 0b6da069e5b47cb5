// `npm run test:conformance`: the cluster port's suite three times: on the sandbox in this process, through the adapter on the
// sandbox's HTTPS, and through the adapter on the API server that KUBECONFIG names. `-- --no-real` leaves the last one out.
// Other arguments go to vitest.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, requireNode, root } from "./runtime.mjs";

const args = process.argv.slice(2);
const real = !args.includes("--no-real");
if (real && !process.env.KUBECONFIG) {
  process.stderr.write(
    "Set KUBECONFIG to a cluster (kind, k3d, K3s, ...): the suite makes namespaces there and deletes them.\n" +
      "Without a cluster: npm run test:conformance -- --no-real\n" +
      "With etcd, kube-apiserver and kube-controller-manager in a folder: node scripts/conformance.ts --bin FOLDER\n",
  );
  process.exit(2);
}
ensureInstalled("all");
const projects = ["conformance-sandbox", ...(real ? ["conformance-real"] : [])].flatMap((name) => ["--project", name]);
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const rest = args.filter((each) => each !== "--no-real");
const ran = spawnSync(requireNode(), [vitest, "run", ...projects, ...rest], { cwd: root, stdio: "inherit" });
process.exit(ran.status ?? 1);
