// The two worlds of the differential suite, started together: a small mesh of real programs (SERIN_MESH_BIN names their folder), and
// what the sandbox side needs. One fleet of upstreams serves both.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../scripts/schemas/real-server.ts";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { type Fleet, startFleet } from "../../testbed/differential/fleet.ts";
import { startSmallMesh } from "../../testbed/differential/small-mesh.ts";
import type { RoutingWorld } from "../../testbed/differential/world.ts";
import { meshPrograms } from "../../testbed/mesh/programs.ts";

export interface RealSide {
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

/** Throws, saying what is missing, when the programs are not there. */
export async function startRealSide(): Promise<RealSide> {
  const programs = meshPrograms();
  const bin = process.env["SERIN_MESH_BIN"]!;
  await using stack = new AsyncDisposableStack();
  const fleet = await startFleet();
  stack.defer(() => fleet.close());
  const server = await startServer(bin);
  stack.defer(() => server.stop());
  const cluster = await clusterOf(server.kubeconfig);
  const real = await startSmallMesh({ programs, cluster, kubeconfig: server.kubeconfig, fleet });
  stack.defer(() => real.close());
  const started = stack.move();
  return { fleet, real, close: () => started.disposeAsync() };
}

async function clusterOf(kubeconfig: object) {
  const dir = mkdtempSync(join(tmpdir(), "differential-"));
  try {
    const file = join(dir, "kubeconfig");
    writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
    return (await connect({ kubeconfig: file, env: {}, clock })).cluster;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
