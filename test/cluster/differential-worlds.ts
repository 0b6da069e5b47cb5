// The real side of the differential suite: a small mesh of local programs (SERIN_MESH_BIN names their folder), or the cluster that a
// kubeconfig names. The sandbox gateway beside it reaches a fleet of upstreams in this process.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { kubectlPath } from "../../scripts/kubectl.ts";
import { startServer } from "../../scripts/schemas/real-server.ts";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { type Fleet, startFleet } from "../../testbed/differential/fleet.ts";
import { startClusterWorld } from "../../testbed/differential/on-cluster/cluster-world.ts";
import { startSmallMesh } from "../../testbed/differential/small-mesh.ts";
import type { RoutingWorld } from "../../testbed/differential/world.ts";
import { meshPrograms } from "../../testbed/mesh/programs.ts";
import type { DifferentialOptions } from "./differential-options.ts";

export interface RealSide {
  /** For the sandbox. */
  fleet: Fleet;
  real: RoutingWorld;
  close(): Promise<void>;
}

const clock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Throws, saying what is missing, when the world cannot be had. */
export async function startRealSide(options: DifferentialOptions): Promise<RealSide> {
  await using stack = new AsyncDisposableStack();
  const fleet = await startFleet();
  stack.defer(() => fleet.close());
  const real = options.world === "mesh" ? await smallMesh(fleet, stack) : await onCluster(options);
  stack.defer(() => real.close());
  const started = stack.move();
  return { fleet, real, close: () => started.disposeAsync() };
}

async function smallMesh(fleet: Fleet, stack: AsyncDisposableStack): Promise<RoutingWorld> {
  const programs = meshPrograms();
  const server = await startServer(process.env["SERIN_MESH_BIN"]!);
  stack.defer(() => server.stop());
  const dir = mkdtempSync(join(tmpdir(), "differential-"));
  try {
    const file = join(dir, "kubeconfig");
    writeFileSync(file, JSON.stringify(server.kubeconfig), { mode: 0o600 });
    const { cluster } = await connect({ kubeconfig: file, env: {}, clock });
    return await startSmallMesh({ programs, cluster, kubeconfig: server.kubeconfig, fleet });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Hundreds of objects are created: what a controller may send would slow the suite down. */
const RATE = { perSecond: 400, burst: 400 };

async function onCluster(options: DifferentialOptions): Promise<RoutingWorld> {
  const { context } = options;
  const chosen = context === undefined ? {} : { context };
  const connected = await connect({ ...chosen, env: process.env, clock, rate: RATE });
  const { gitVersion } = await connected.serverVersion();
  const { origin } = connected;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  if (context !== undefined) kubeConfig.setCurrentContext(context);
  return await startClusterWorld({
    ...options,
    cluster: connected.cluster,
    kubeConfig,
    kubectl: { program: kubectlPath(), args: context === undefined ? [] : [`--context=${context}`] },
    about: `cluster ${origin.context ?? origin.server}, Kubernetes ${gitVersion}`,
    serves: remembered(async (apiVersion, kind) => (await connected.resourceOf(apiVersion, kind)) !== undefined),
  });
}

/** Hundreds of cases ask about the same few kinds. */
function remembered<T>(ask: (apiVersion: string, kind: string) => Promise<T>): typeof ask {
  const answers = new Map<string, Promise<T>>();
  return (apiVersion, kind) => {
    const key = `${apiVersion} ${kind}`;
    const answer = answers.get(key) ?? ask(apiVersion, kind);
    answers.set(key, answer);
    return answer;
  };
}
