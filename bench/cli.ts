// How long `serin get` takes as a whole process, warm: against a sandbox's API on HTTPS, with one Canary.
// usage: node bench/cli.ts [RUNS]      Prints medians of wall-clock and processor time; the target is 200 ms of wall clock.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { CANARIES } from "../src/core/kubernetes/resource.ts";
import { startSandboxApi } from "../test/e2e/sandbox-api.ts";

const TARGET_MS = 200;
const WARM_UP = 2;
const root = join(import.meta.dirname, "..");

const runs = Number(process.argv[2] ?? 20);
const api = await startSandboxApi();
const folder = mkdtempSync(join(tmpdir(), "serin-bench-"));
const reporter = join(folder, "cpu.mjs");
writeFileSync(
  reporter,
  `process.on("exit", () => { const { user, system } = process.cpuUsage(); process.stderr.write("cpu " + (user + system) / 1000); });`,
);
const spec = { versions: { stable: "echo-v1", canary: "echo-v2" }, strategy: { steps: [{ setWeight: 20 }] } };
await api.cluster.create(CANARIES, {
  apiVersion: "serin.dev/v1alpha1",
  kind: "Canary",
  metadata: { name: "echo", namespace: "default" },
  spec,
});

const measured: { wallMs: number; cpuMs: number }[] = [];
for (let i = 0; i < WARM_UP + runs; i++) measured.push(await once());
const warm = measured.slice(WARM_UP);
const wallMs = median(warm.map((each) => each.wallMs));
console.log(`serin get, warm, ${runs} runs on ${availableParallelism()} cores (Node ${process.version})`);
console.log(
  `wall clock median ${wallMs.toFixed(0)} ms (target ${TARGET_MS}), processor time median ${median(warm.map((each) => each.cpuMs)).toFixed(0)} ms`,
);
await api.stop();
rmSync(folder, { recursive: true });
process.exitCode = wallMs <= TARGET_MS ? 0 : 1;

async function once(): Promise<{ wallMs: number; cpuMs: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, ["--import", reporter, join(root, "bin", "serin.mjs"), "get"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: api.kubeconfig },
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0 || !out.includes("echo-v1")) throw new Error(`serin get ended with ${String(code)}:\n${out}${err}`);
  return { wallMs: performance.now() - began, cpuMs: Number(/cpu ([\d.]+)/.exec(err)?.[1]) };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
