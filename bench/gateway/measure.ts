// One measurement of one contender in one cell: warm up, load, and check that the counts of client, upstream and access log agree.

import type { Books } from "./books.ts";
import { type Cell, cellText, LARGE_BYTES } from "./cells.ts";
import { type Contender, type Name, readStubStatus, type Upstream } from "./contenders.ts";
import { smallBody } from "./nginx.ts";
import { cpuMs, cpuOf, endedChildrenCpuMs, forgetPeak, machineCpuMs, memoryOf } from "./proc.ts";
import { runWrk, type WrkResult } from "./wrk.ts";

/** Of a rival's requests: more would make its figures worthless. The gateway itself may fail none. */
const MOST_FAILED = 0.001;
/** wrk takes whole seconds. */
const WARM_UP_SECONDS = 1;

export interface Sample {
  name: Name;
  cell: Cell;
  round: number;
  requestsPerSecond: number;
  /** Requests without the right answer; told, and none of them the gateway's. */
  failed: number;
  p50Ms: number;
  p99Ms: number;
  /** Processor time of the proxy for one request. */
  cpuMicros: number;
  /** The kernel's part of it: reading, writing and waiting for sockets. */
  systemMicros: number;
  residentMb: number;
  peakMb: number;
  /** Who used how many cores meanwhile; `others` is the machine's noise, `stolen` what its host kept. */
  cores: { proxy: number; client: number; upstream: number; others: number; stolen: number };
}

export interface Bench {
  wrk: string;
  script: string;
  upstream: Upstream;
  seconds: number;
  books: Books;
}

export async function measure(bench: Bench, contender: Contender, cell: Cell, round: number): Promise<Sample> {
  const { upstream } = bench;
  const load = { port: contender.port, ...cell };
  const status = () => readStubStatus(upstream.ports.status);
  const first = await status();
  await runWrk(bench.wrk, bench.script, { ...load, seconds: WARM_UP_SECONDS });
  forgetPeak(contender.pid);
  const before = await status();
  const { systemMs } = cpuOf(contender.pid);
  const times = [cpuMs(contender.pid), cpuMs(upstream.pid), endedChildrenCpuMs(), cpuMs(process.pid)] as const;
  const machine = machineCpuMs();
  const result = await runWrk(bench.wrk, bench.script, { ...load, seconds: bench.seconds });
  const now = machineCpuMs();
  const [proxy, serving, client, own] = [
    cpuMs(contender.pid) - times[0],
    cpuMs(upstream.pid) - times[1],
    endedChildrenCpuMs() - times[2],
    cpuMs(process.pid) - times[3],
  ];
  const system = cpuOf(contender.pid).systemMs - systemMs;
  const after = await status();
  checkCounts(contender, cell, result, after - before - 1);
  bench.books.served(contender, after - first - 2, 4 * cell.connections);
  const ms = result.seconds * 1_000;
  return {
    name: contender.name,
    cell,
    round,
    requestsPerSecond: result.requests / result.seconds,
    failed: result.failed,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicros: (proxy * 1_000) / result.requests,
    systemMicros: (system * 1_000) / result.requests,
    ...memoryOf(contender.pid),
    cores: {
      proxy: proxy / ms,
      client: client / ms,
      upstream: serving / ms,
      others: Math.max(0, now.busy - machine.busy - proxy - serving - client - own) / ms,
      stolen: (now.stolen - machine.stolen) / ms,
    },
  };
}

/** What the client and the upstream do without a proxy: no proxy can be measured beyond it. */
export async function measureCeiling(bench: Bench, cell: Cell): Promise<WrkResult> {
  const { wrk, script, upstream, seconds } = bench;
  return await runWrk(wrk, script, { ...cell, port: upstream.ports.v1, seconds });
}

function checkCounts({ name }: Contender, cell: Cell, result: WrkResult, upstreamSaw: number): void {
  const { requests, bytes, failed } = result;
  const where = `${name} at ${cellText(cell)}`;
  if (requests === 0) throw new Error(`${where}: no request was answered`);
  if (failed > (name === "gateway" ? 0 : requests * MOST_FAILED))
    throw new Error(`${where}: ${failed} of ${requests} requests failed`);
  // When the client stops, each of its connections has one request under way.
  const most = requests + 2 * cell.connections + failed;
  if (upstreamSaw < requests || upstreamSaw > most)
    throw new Error(`${where}: ${requests} requests were answered, but the upstream saw ${upstreamSaw}`);
  const body = cell.body === "download" ? LARGE_BYTES : smallBody("v1").length;
  if (bytes < requests * body) throw new Error(`${where}: ${bytes} bytes cannot hold ${requests} bodies of ${body}`);
}
