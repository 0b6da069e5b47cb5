// --profile: the gateway alone under load with V8's profiler on, and where its time goes.

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cell, cellText } from "./cells.ts";
import { startGateway } from "./contenders.ts";
import { type Bench, measure } from "./measure.ts";
import { type CpuProfile, KERNEL, readProfile, type Spent } from "./profile-groups.ts";

const INTERVAL_MICROS = 250;
const FUNCTIONS = 25;

export interface ProfileOptions {
  bench: Bench;
  cell: Cell;
  home: string;
  seconds: number;
  tell: (text: string) => void;
}

export async function profile({ bench, cell, home, seconds, tell }: ProfileOptions): Promise<void> {
  const folder = join(home, "profile");
  mkdirSync(folder);
  const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL_MICROS}`];
  const startedMs = performance.now();
  const gateway = await startGateway(home, bench.upstream.ports, cell.routes, flags);
  let sample: Awaited<ReturnType<typeof measure>>;
  let loadedMs: number;
  try {
    // Hot code is compiled in the first seconds.
    await measure({ ...bench, seconds: 2 }, gateway, cell, 0);
    loadedMs = performance.now();
    sample = await measure({ ...bench, seconds }, gateway, cell, 1);
  } finally {
    await gateway.stop();
  }
  const file = readdirSync(folder)[0]!;
  const read = readProfile(
    JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile,
    (loadedMs - startedMs) * 1_000,
  );
  const { cpuMicros, systemMicros } = sample;
  const row = (micros: number, name: string) =>
    `| ${((100 * micros) / cpuMicros).toFixed(1).padStart(4)} % | ${micros.toFixed(1).padStart(5)} µs | ${name} |`;
  const scaled = ({ name, micros }: Spent) => row(((cpuMicros - systemMicros) * micros) / read.busyMicros, name);
  tell(
    `${sample.requestsPerSecond.toFixed(0)} requests/s at ${cellText(cell)}, ${cpuMicros.toFixed(0)} µs of processor time each (the profiler's own included)\n`,
  );
  tell(
    ["| share | each request | where |", "|---|---|---|", row(systemMicros, KERNEL), ...read.groups.map(scaled)].join(
      "\n",
    ),
  );
  const functions = read.functions.slice(0, FUNCTIONS).map(scaled);
  tell(`\n${["| share | each request | function |", "|---|---|---|", ...functions].join("\n")}`);
}
