// `npm run test:differential`: the sandbox gateway beside the real thing. That is the cluster with Istio that --kubeconfig or KUBECONFIG
// names, else a small mesh of local programs: SERIN_MESH_BIN names the folder with etcd, kube-apiserver and pilot-discovery,
// SERIN_ENVOY_BIN the program envoy when it is not there, too.

import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, requireNode, root } from "./runtime.mjs";

const USAGE = `npm run test:differential -- [flag...] [argument of vitest...]

On a cluster with Istio (kind, k3d, K3s, ...); what is made there lies in namespaces of the suite's own and is removed at the end:
  --kubeconfig FILE       or KUBECONFIG
  --context NAME          of the kubeconfig; default: its current one
  --gateway-labels L      of the ingress gateway's pods; default istio=ingressgateway
  --gateway-address A     80=HOST:PORT,8081=HOST:PORT in place of a port-forward
  --node-image IMAGE      a Node 24 for the upstreams' pods; default docker.io/library/node:24-alpine
  --shared-ingress        run although others' routes take names under .test
On this machine (Linux), in loopback ports:
  --mesh FOLDER           or SERIN_MESH_BIN, when no kubeconfig is named: etcd, kube-apiserver and pilot-discovery of Istio 1.31, envoy 1.40
Both:
  --seed N                other generated cases
  --report FILE           the report as JSON; default .cache/differential-cluster.json or -mesh.json
  --no-planted            do not look for planted bugs
`;

/** Flags as the variables that the suite reads. */
const VARIABLES = {
  kubeconfig: "KUBECONFIG",
  context: "SERIN_KUBE_CONTEXT",
  "gateway-labels": "SERIN_GATEWAY_LABELS",
  "gateway-address": "SERIN_GATEWAY_ADDRESS",
  "node-image": "SERIN_NODE_IMAGE",
  mesh: "SERIN_MESH_BIN",
  seed: "SERIN_DIFFERENTIAL_SEED",
  report: "SERIN_DIFFERENTIAL_REPORT",
};
const FILES = ["kubeconfig", "mesh", "report"];
const SWITCHES = {
  "shared-ingress": ["SERIN_SHARED_INGRESS", "yes"],
  "no-planted": ["SERIN_DIFFERENTIAL_PLANTED", "no"],
};

const options = { help: { type: "boolean", short: "h" } };
for (const name of Object.keys(VARIABLES)) options[name] = { type: "string" };
for (const name of Object.keys(SWITCHES)) options[name] = { type: "boolean" };
const { values, tokens } = parseArgs({ options, strict: false, tokens: true });
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const env = { ...process.env };
for (const [name, variable] of Object.entries(VARIABLES))
  if (values[name] !== undefined) env[variable] = FILES.includes(name) ? resolve(values[name]) : values[name];
for (const [name, [variable, value]] of Object.entries(SWITCHES)) if (values[name]) env[variable] = value;
const onCluster = values.mesh === undefined && Boolean(env.KUBECONFIG || values.context);
if (!onCluster && !env.SERIN_MESH_BIN) {
  process.stderr.write(
    `Name a cluster with Istio by --kubeconfig or KUBECONFIG, or local programs by --mesh or SERIN_MESH_BIN.\n\n${USAGE}`,
  );
  process.exit(2);
}
env.SERIN_DIFFERENTIAL_WORLD = onCluster ? "cluster" : "mesh";

ensureInstalled("all");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
// What is not ours goes on as it was written.
const foreign = tokens.filter((each) => each.kind !== "option" || !(each.name in options));
const rest = [...new Set(foreign.map(({ index }) => process.argv[index + 2]))];
const args = [vitest, "run", "--project", "cluster", "test/cluster/differential-", ...rest];
process.exit(spawnSync(requireNode(), args, { cwd: root, env, stdio: "inherit" }).status ?? 1);
