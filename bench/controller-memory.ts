// What a controller needs with many idle Canaries: resident memory, and API requests beside its watches.
// usage: node bench/controller-memory.ts [--canaries 1000] [--idle-seconds 60] [--bin DIR | --kubeconfig FILE] [--flags="NODE FLAGS"]
// Fills the sandbox's HTTPS API, or that of etcd and kube-apiserver in DIR, or the (empty!) API server that the kubeconfig names,
// and runs the controller as a process of its own. Targets: 150 MB and 2 requests a minute with 1,000 Canaries.

import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startServer } from "../scripts/schemas/real-server.ts";
import { connect } from "../src/adapters/kubernetes/connect.ts";
import { systemClock } from "../src/adapters/telemetry/clock.ts";
import type { KubeObject } from "../src/core/kubernetes/object.ts";
import { CANARIES, CUSTOM_RESOURCE_DEFINITIONS } from "../src/core/kubernetes/resource.ts";
import { serinCrds } from "../src/core/spec/crd.generated.ts";
import { type Cluster, isClusterError } from "../src/ports/cluster.ts";
import { istioDefinitions } from "../src/sandbox/cluster/schema/builtin.ts";
import { startSandboxApi } from "../test/e2e/sandbox-api.ts";
import { eventually } from "../testbed/conformance/cluster/case.ts";
import type { Report } from "./controller-process.ts";
import { fillIdleWorld } from "./idle-world.ts";

const TARGET_MB = 150;
const TARGET_PER_MINUTE = 2;
const MB = 1024 * 1024;
/** So long without a request beside watches means that every Canary was looked at. */
const QUIET_SECONDS = 10;
const SETTLE_LIMIT_SECONDS = 400;

type WithStatus = KubeObject & { status?: { phase?: string } };

const { values } = parseArgs({
  options: {
    canaries: { type: "string", default: "1000" },
    "idle-seconds": { type: "string", default: "60" },
    bin: { type: "string" },
    kubeconfig: { type: "string" },
    // V8 takes what the machine has unless it is told: the garbage of the first lists would stay around.
    flags: { type: "string", default: "--optimize-for-size --max-semi-space-size=1 --max-old-space-size=80" },
  },
});
const canaries = Number(values.canaries);
const idleSeconds = Number(values["idle-seconds"]);

const real = values.bin === undefined ? undefined : await startRealApi(values.bin);
const given = real?.kubeconfig ?? values.kubeconfig;
const api = given === undefined ? await startSandboxApi() : undefined;
const kubeconfig = given ?? api!.kubeconfig;
// As the product runs: from the compile cache, without the type stripper in memory.
const NODE_COMPILE_CACHE = join(import.meta.dirname, "..", "node_modules", ".cache", "compile");
const cluster = api?.cluster ?? (await prepared(kubeconfig));
const began = performance.now();
let objects = await fillIdleWorld(cluster, { from: 0, to: 1 });
objects += await fillIdleWorld(cluster, { from: 1, to: canaries, sample: await statusByController() });
console.log(`${objects} objects for ${canaries} Canaries in ${((performance.now() - began) / 1000).toFixed(0)} s`);

const child = startProcess();
try {
  await isStarted(child);
  const settleBegan = performance.now();
  const settled = await untilQuiet(child);
  const settledSeconds = (performance.now() - settleBegan) / 1000 - QUIET_SECONDS;
  const { items } = await cluster.list<WithStatus>(CANARIES);
  const phases = Object.groupBy(items, ({ status }) => status?.phase ?? "none");
  const told = Object.entries(phases).map(([phase, each]) => `${each?.length} ${phase}`);
  console.log(`looked at all in ${settledSeconds.toFixed(0)} s, ${beside(settled)} requests: ${told.join(", ")}`);
  await sleep(idleSeconds * 1000);
  const idle = await report(child);
  const perMinute = ((beside(idle) - beside(settled)) * 60) / idleSeconds;
  const rssMb = idle.rssBytes / MB;
  const result = {
    canaries,
    objects,
    rssMb: round(rssMb),
    peakRssMb: peakRssMb(child.pid ?? 0),
    heapMb: round(idle.heapUsedBytes / MB),
    idleRequestsPerMinute: round(perMinute),
    watchesOpened: idle.requests.filter(isWatch).reduce((sum, { count }) => sum + count, 0),
    complaints: idle.complaints,
    requests: Object.fromEntries(
      idle.requests.map(({ verb, resource, code, count }) => [`${verb} ${resource} ${code}`, count]),
    ),
    targets: { rssMb: TARGET_MB, idleRequestsPerMinute: TARGET_PER_MINUTE },
  };
  console.log(JSON.stringify(result, undefined, 2));
  process.exitCode = rssMb <= TARGET_MB && perMinute <= TARGET_PER_MINUTE ? 0 : 1;
} finally {
  child.kill();
  await api?.stop();
  await real?.stop();
}

async function startRealApi(bin: string): Promise<{ kubeconfig: string; stop(): Promise<void> }> {
  const server = await startServer(bin);
  const folder = mkdtempSync(join(tmpdir(), "bench-controller-"));
  const file = join(folder, "kubeconfig");
  writeFileSync(file, JSON.stringify(server.kubeconfig), { mode: 0o600 });
  return {
    kubeconfig: file,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function startProcess(): ChildProcess {
  return fork(join(import.meta.dirname, "controller-process.ts"), [kubeconfig], {
    execArgv: values.flags === "" ? [] : values.flags.split(" "),
    env: { ...process.env, NODE_COMPILE_CACHE },
  });
}

async function isStarted(of: ChildProcess): Promise<void> {
  const told = await message<string>(of);
  if (told !== "started") throw new Error(`unexpected message ${told}`);
}

/** A controller takes up the first Canary; the others get the same status, as if one had taken them up long ago. */
async function statusByController(): Promise<unknown> {
  const first = startProcess();
  try {
    await isStarted(first);
    await untilQuiet(first);
    const { items } = await cluster.list<WithStatus>(CANARIES);
    if (items[0]?.status?.phase !== "Completed")
      throw new Error(`the first Canary is not over: ${JSON.stringify(items)}`);
    return items[0].status;
  } finally {
    first.kill();
  }
}

/** An empty server learns the kinds first. */
async function prepared(file: string): Promise<Cluster> {
  const rate = { perSecond: 100_000, burst: 100_000 };
  const { cluster: real } = await connect({ kubeconfig: file, env: {}, clock: systemClock(), rate });
  for (const definition of [...serinCrds(), ...istioDefinitions()] as KubeObject[])
    await real.create(CUSTOM_RESOURCE_DEFINITIONS, definition).catch((error: unknown) => {
      if (!isClusterError(error, "AlreadyExists")) throw error;
    });
  await eventually(async () => void (await real.list(CANARIES, { limit: 1 })), 30_000);
  return real;
}

async function untilQuiet(of: ChildProcess): Promise<Report> {
  let last = await report(of);
  let quietSince = performance.now();
  for (const end = performance.now() + SETTLE_LIMIT_SECONDS * 1000; performance.now() < end; ) {
    await sleep(1_000);
    const now = await report(of);
    if (beside(now) !== beside(last)) quietSince = performance.now();
    else if (performance.now() - quietSince > QUIET_SECONDS * 1000) return now;
    last = now;
  }
  throw new Error(`requests do not end within ${SETTLE_LIMIT_SECONDS} s: ${JSON.stringify(last.requests)}`);
}

function report(of: ChildProcess): Promise<Report> {
  of.send("report");
  return message<Report>(of);
}

function message<T>(of: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    of.once("message", (value) => {
      of.off("exit", gone);
      resolve(value as T);
    });
    of.once("exit", gone);
    function gone(code: number | null): void {
      reject(new Error(`the controller ended with ${code}`));
    }
  });
}

function isWatch({ verb }: { verb: string }): boolean {
  return verb === "watch";
}

/** Requests that are no watches. */
function beside({ requests }: Report): number {
  return requests.filter((each) => !isWatch(each)).reduce((sum, { count }) => sum + count, 0);
}

/** Where there is a /proc. */
function peakRssMb(pid: number): number | undefined {
  try {
    const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kb === undefined ? undefined : round(Number(kb) / 1024);
  } catch {
    return undefined;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
