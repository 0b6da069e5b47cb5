// `npm run bench:startup`: how long from `npm start` to the first 200 whose body names a version, with a cold home, and
// how much memory the sandbox's process keeps at rest without the apps. Fails when a target of design.md section 8 is missed.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../testbed/free-ports.ts";

const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const FIRST_ANSWER_TARGET_MS = 2_000;
const MEMORY_TARGET_MB = 250;
const REST_MS = 10_000;
const root = join(import.meta.dirname, "..");

await main();

async function main(): Promise<void> {
  process.stderr.write("One run to warm the disk's and Node's caches, then the counted ones.\n");
  await firstAnswerMs();
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    times.push(await firstAnswerMs());
    process.stderr.write(`  first answer after ${times.at(-1)!.toFixed(0)} ms\n`);
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const memoryMb = await memoryAtRestMb();
  const result = {
    node: process.version,
    cores: cpus().length,
    runs: RUNS,
    firstAnswerMs: { median: Math.round(median), all: times.map(Math.round), target: FIRST_ANSWER_TARGET_MS },
    memoryAtRestMb: { resident: memoryMb, target: MEMORY_TARGET_MB },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = median <= FIRST_ANSWER_TARGET_MS && memoryMb <= MEMORY_TARGET_MB ? 0 : 1;
}

async function firstAnswerMs(): Promise<number> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), "serin-bench-"));
  const startedMs = performance.now();
  const npm = spawnNpm(["start", "--silent", "--", "--home", home, "--port", String(port)]);
  try {
    while (!(await namesVersion(port))) {
      if (npm.exitCode !== null) throw new Error(`npm start ended early (exit ${npm.exitCode})`);
      if (performance.now() - startedMs > 60_000) throw new Error("no answer within 60 s");
      await sleep(4);
    }
    return performance.now() - startedMs;
  } finally {
    await end(npm);
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Resident set of the one process that is API, gateway, runtime and controller. Linux only: it reads /proc. */
async function memoryAtRestMb(): Promise<number> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), "serin-bench-"));
  const serin = spawnNpm(["exec", "--no", "--", "serin", "up", "--home", home, "--port", String(port)]);
  try {
    const pid = await sandboxPid(home);
    await sleep(REST_MS);
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Math.round(Number(resident![1]) / 1_000);
  } finally {
    await end(serin);
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function sandboxPid(home: string): Promise<number> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 50) {
    try {
      readFileSync(join(home, "addresses.json"));
      return (JSON.parse(readFileSync(join(home, "lock"), "utf8")) as { pid: number }).pid;
    } catch {
      await sleep(50);
    }
  }
  throw new Error("the sandbox was not up within 60 s");
}

/** A process group of its own, so that all of it can be ended. */
function spawnNpm(args: string[]): ChildProcess {
  return spawn("npm", args, { cwd: root, stdio: ["ignore", "ignore", "inherit"], detached: true });
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid!, "SIGTERM");
    await gone;
  }
  await sleep(4_000);
}

function namesVersion(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: "localhost", port, agent: false, timeout: 1_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(response.statusCode === 200 && /\bv\d+\b/.test(text)));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
