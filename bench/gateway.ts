// npm run bench:gateway: the gateway against Envoy and nginx: one worker each, the same routes, an access log and statistics. Every
// combination of 1, 32 and 256 connections, small and 64 kB bodies, 1 and 500 routes is measured for all of them in turn, in an order
// drawn anew each round, so that whatever else the machine does hits all alike. docs/reference/benchmarks.md tells the method.
//   node bench/gateway.ts [--quick] [--connections 1,32,256] [--bodies small,download,upload] [--routes 1,500] [--rounds 5]
//                         [--duration 2] [--seed 1] [--out .cache/bench] [--json] [--profile]
// Prints tables and the verdict; writes gateway.json and gateway.svg into the folder. --json prints the JSON in place of the tables.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Random, seededRandom } from "../src/gateway/random.ts";
import { Books } from "./gateway/books.ts";
import { BODIES, type Body, type Cell, cellsOf, cellText, LARGE_BYTES, QUICK_CELLS } from "./gateway/cells.ts";
import { checkAnswers } from "./gateway/check.ts";
import {
  type Contender,
  startEnvoy,
  startGateway,
  startNginxProxy,
  startUpstream,
  type Upstream,
} from "./gateway/contenders.ts";
import { type Bench, measure, measureCeiling, type Sample } from "./gateway/measure.ts";
import { plot } from "./gateway/plot.ts";
import { profile } from "./gateway/profile.ts";
import { envoyLeftOut, findPrograms, type Programs } from "./gateway/programs.ts";
import { absoluteTable, ceilingTable, ratioTable, verdictTable } from "./gateway/report.ts";
import { median } from "./gateway/statistics.ts";
import { summarize } from "./gateway/summary.ts";
import { isMissed, judge } from "./gateway/verdict.ts";
import { type WrkResult, writeScript } from "./gateway/wrk.ts";

/** Above this throughput and latency tell more about the neighbours than about the proxies. */
const QUIET_CORES = 0.2;
const LARGE_FILE = "large.bin";
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    connections: { type: "string" },
    bodies: { type: "string" },
    routes: { type: "string" },
    rounds: { type: "string" },
    duration: { type: "string" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: join(import.meta.dirname, "..", ".cache", "bench") },
    json: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
  },
});
/** What a person reads meanwhile; with --json stdout is for the JSON alone. */
const tell = values.json ? console.error : console.log;

let options: ReturnType<typeof readOptions>;

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

function readOptions() {
  return {
    cells: chosenCells(),
    profiled: values.profile ? profiledCell() : undefined,
    rounds: Number(values.rounds ?? (values.quick ? 2 : 5)),
    seconds: Number(values.duration ?? (values.quick ? 1 : 2)),
    seed: Number(values.seed),
  };
}

async function main(): Promise<void> {
  options = readOptions();
  const programs = await findPrograms(process.env);
  const home = mkdtempSync(join(tmpdir(), "serin-bench-"));
  // nginx reads the file as another user.
  chmodSync(home, 0o755);
  const large = Buffer.alloc(LARGE_BYTES, "serin");
  writeFileSync(join(home, LARGE_FILE), large);
  const upstream = await startUpstream(programs, home, LARGE_FILE);
  const bench: Bench = {
    wrk: programs.wrk,
    script: writeScript(home),
    upstream,
    seconds: options.seconds,
    books: new Books(),
  };
  try {
    if (options.profiled !== undefined) {
      return await profile({ bench, cell: options.profiled, home, seconds: Number(values.duration ?? 5), tell });
    }
    if (programs.envoy === undefined) tell(envoyLeftOut());
    const contenders = await startAll(programs, home, upstream);
    try {
      for (const contender of contenders) await checkAnswers(contender, large);
      await Promise.all(contenders.map((each) => bench.books.open(each)));
      const ceilings = await measureCeilings(bench);
      // Node compiles hot code while it runs; the others have nothing to warm but their connections.
      for (const each of contenders) await measure({ ...bench, seconds: 2 }, each, warmUpCell(each), 0);
      const samples = await measureAll(bench, contenders);
      await Promise.all(contenders.map((each) => bench.books.close(each)));
      report(samples, ceilings, programs);
    } finally {
      await Promise.all(contenders.map((each) => each.stop()));
    }
  } finally {
    await upstream.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

function chosenCells(): readonly Cell[] {
  const { connections, bodies, routes, quick } = values;
  if (quick && connections === undefined && bodies === undefined && routes === undefined) return QUICK_CELLS;
  const numbers = (text: string) => text.split(",").map(Number);
  const chosen = bodies === undefined ? BODIES : bodies.split(",").map(knownBody);
  return cellsOf(numbers(connections ?? "1,32,256"), chosen, numbers(routes ?? "1,500"));
}

/** Of --profile, which looks at one: 32 connections, small bodies and 1 route unless others are named. */
function profiledCell(): Cell {
  const { connections = "32", bodies = "small", routes = "1" } = values;
  const several = Object.entries({ connections, bodies, routes }).find(([, value]) => value.includes(","));
  if (several !== undefined) throw new Error(`--profile looks at one cell: give one value of --${several[0]}`);
  return cellsOf([Number(connections)], [knownBody(bodies)], [Number(routes)])[0]!;
}

function knownBody(name: string): Body {
  const body = BODIES.find((each) => each === name);
  if (body === undefined) throw new Error(`--bodies ${name}: choose from ${BODIES.join(",")}`);
  return body;
}

async function startAll(programs: Programs, home: string, { ports }: Upstream): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const routes of new Set(options.cells.map((cell) => cell.routes))) {
    contenders.push(await startGateway(home, ports, routes), await startNginxProxy(programs, home, ports, routes));
    if (programs.envoy !== undefined) contenders.push(await startEnvoy(programs.envoy, home, ports, routes));
  }
  return contenders;
}

function warmUpCell({ routes }: Contender): Cell {
  return { connections: 32, body: "small", routes };
}

async function measureCeilings(bench: Bench): Promise<{ cell: Cell; result: WrkResult }[]> {
  const fewest = Math.min(...options.cells.map(({ routes }) => routes));
  const ceilings = [];
  for (const cell of options.cells.filter(({ routes }) => routes === fewest))
    ceilings.push({ cell, result: await measureCeiling(bench, cell) });
  return ceilings;
}

async function measureAll(bench: Bench, contenders: readonly Contender[]): Promise<Sample[]> {
  const random = seededRandom(options.seed);
  const samples: Sample[] = [];
  for (let round = 0; round < options.rounds; round++)
    for (const [n, cell] of shuffled(options.cells, random).entries()) {
      const turns = shuffled(
        contenders.filter(({ routes }) => routes === cell.routes),
        random,
      );
      for (const contender of turns) samples.push(await measure(bench, contender, cell, round));
      const rates = samples
        .slice(-turns.length)
        .map(({ name, requestsPerSecond }) => `${name} ${requestsPerSecond.toFixed(0)}`);
      tell(`round ${round + 1}, ${n + 1} of ${options.cells.length}: ${cellText(cell)}: ${rates.join(", ")} req/s`);
      for (const { name, failed } of samples.slice(-turns.length))
        if (failed > 0) tell(`  ${failed} of ${name}'s requests failed`);
    }
  return samples;
}

function report(samples: Sample[], ceilings: { cell: Cell; result: WrkResult }[], programs: Programs): void {
  const cells = summarize(samples);
  const targets = judge(cells, samples);
  const date = new Date().toISOString();
  const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown processor"}`;
  const leftOut = programs.envoy === undefined ? ["envoy"] : [];
  const result = { date, machine, node: process.version, options, leftOut, targets, cells, ceilings, samples };
  mkdirSync(values.out, { recursive: true });
  const json = `${JSON.stringify(result, undefined, 1)}\n`;
  writeFileSync(join(values.out, "gateway.json"), json);
  const subtitle = `${date.slice(0, 10)}, ${machine}, median of ${options.rounds} rounds of ${options.seconds} s`;
  writeFileSync(join(values.out, "gateway.svg"), plot(cells, subtitle));
  if (values.json) console.log(json);
  else
    for (const text of [ceilingTable(ceilings), absoluteTable(cells), ratioTable(cells), verdictTable(targets)])
      console.log(`\n${text}`);
  tell(`\n${date}, ${machine}, Node ${process.version}; JSON and plot in ${values.out}`);
  const noise = median(samples.map(({ cores }) => cores.others + cores.stolen));
  tell(`Other programs, and the host, used ${noise.toFixed(2)} cores meanwhile (median).`);
  if (noise > QUIET_CORES)
    tell("THE MACHINE WAS BUSY: of this run only the processor time per request means something. Repeat it in quiet.");
  if (programs.envoy === undefined) tell(envoyLeftOut());
  if (targets.some(isMissed)) process.exitCode = 1;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
