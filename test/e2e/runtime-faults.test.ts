// The runtime on a bad day of the API: calls fail, answers get lost, conflicts come, watches break. What is wanted must come
// true all the same, and exactly: no pod too many, no process left over.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../src/adapters/telemetry/clock.ts";
import { DEPLOYMENTS, ENDPOINT_SLICES, PODS } from "../../src/core/kubernetes/resource.ts";
import type { Deployment, EndpointSlice, Pod } from "../../src/core/kubernetes/workload.ts";
import { openSandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { startRuntime } from "../../src/sandbox/runtime/start.ts";
import { FaultyCluster, NO_FAULTS } from "../../testbed/sim/faulty-cluster.ts";
import { seeded } from "../../testbed/sim/random.ts";
import { applyAll, echoCanary, isReady, until } from "./runtime-world.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function faultyWorld(seed: number) {
  const home = mkdtempSync(join(tmpdir(), "serin-faults-"));
  cleanups.push(() => rmSync(home, { recursive: true, force: true }));
  const clock = systemClock();
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log });
  cleanups.push(() => sandbox.close());
  const faulty = new FaultyCluster(sandbox.cluster, seeded(seed), NO_FAULTS);
  const runtime = await startRuntime({ cluster: faulty, clock, log, homeDir: home });
  cleanups.push(() => runtime.stop());
  return { cluster: sandbox.cluster, faulty };
}

it.each([1, 2])(
  "comes to exactly what is wanted (seed %i)",
  async (seed) => {
    const { cluster, faulty } = await faultyWorld(seed);
    faulty.faults = { unreachable: 0.1, lostAnswer: 0.05, conflict: 0.1, brokenWatch: 0.03, expired: 0.3 };
    // Without the hooks' pauses: only time would be lost.
    await applyAll(cluster, echoCanary().replaceAll(/^ +lifecycle:\n(?:.*#.*\n)?.*preStop:\n.*sleep:.*\n/gm, ""));
    await settled(2);
    const key = { namespace: "default", name: "echo-v1" };
    const template = { metadata: { annotations: { restart: "1" } } };
    await cluster.patch(DEPLOYMENTS, key, { type: "merge", body: { spec: { replicas: 3, template } } });
    await settled(3);
    faulty.faults = NO_FAULTS;
    await settled(3);
    expect(await programs()).toHaveLength(5);
    for (const name of ["echo-v1", "echo-v2"]) await cluster.delete(DEPLOYMENTS, { namespace: "default", name });
    await until(
      "no pod and no process",
      async () => (await pods()).length === 0 && (await programs()).length === 0,
      30_000,
    );

    function settled(v1: number): Promise<boolean> {
      return until(
        `${v1} pods of v1, 2 of v2, all offered`,
        async () => {
          const { status } = await cluster.get<Deployment>(DEPLOYMENTS, { namespace: "default", name: "echo-v1" });
          const all = await pods();
          const { items } = await cluster.list<EndpointSlice>(ENDPOINT_SLICES);
          const offered = items.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready));
          const right = all.length === v1 + 2 && all.every(isReady) && offered.length === v1 + 2;
          return right && status?.updatedReplicas === v1 && status.availableReplicas === v1 && true;
        },
        30_000,
      );
    }

    async function pods(): Promise<Pod[]> {
      return (await cluster.list<Pod>(PODS)).items;
    }
  },
  120_000,
);

/** The echo programs that this process's pods run. */
async function programs(): Promise<string[]> {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const rows = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []).filter((row) => row.length > 0);
  const shims = new Set(rows.filter(([, , parent]) => Number(parent) === process.pid).map(([, pid]) => pid));
  return rows
    .filter(
      ([, , parent, args]) => shims.has(parent) && args!.includes("http-echo.cjs") && !args!.startsWith("/bin/sh"),
    )
    .map(([, pid]) => pid!);
}
