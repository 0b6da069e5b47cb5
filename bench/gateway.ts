// npm run bench:gateway: the gateway against nginx (and Envoy, where its binary is given), one worker each, interleaved in one
// run, so that whatever else the machine does hits all alike. Every proxy splits 80/20 between two subsets over kept-alive
// connections and writes an access log; the upstream is an nginx of its own. Prints requests per second and latencies with
// their ratios, then one line of JSON.
//   node bench/gateway.ts [--rounds 3] [--seconds 3] [--connections 64] [--envoy PATH]

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { envoyConfig, nginxProxyConfig, nginxUpstreamConfig } from "./gateway-rivals.ts";
import { cpuMs } from "./process-cpu.ts";

interface Sample {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
  /** Processor time of the proxy for one request. */
  cpuMicros: number;
}

interface Contender {
  name: string;
  port: number;
  child: ChildProcess;
}

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
    envoy: { type: "string" },
  },
});

await main();

async function main(): Promise<void> {
  await need("nginx", ["-v"], "apt-get install nginx-light");
  await need("wrk", ["-v"], "apt-get install wrk");
  const home = mkdtempSync(join(tmpdir(), "serin-bench-"));
  const children: ChildProcess[] = [];
  try {
    const upstreamPort = await freePort();
    children.push(nginx(home, "upstream", nginxUpstreamConfig(home, upstreamPort)));
    const contenders = await startContenders(home, upstreamPort, children);
    for (const { port } of contenders) await answers(port);
    const samples = new Map(contenders.map(({ name }): [string, Sample[]] => [name, []]));
    for (let round = 0; round < Number(values.rounds); round++)
      for (const contender of contenders) samples.get(contender.name)!.push(await load(contender));
    report(contenders, samples);
  } finally {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children.map(ended));
    rmSync(home, { recursive: true, force: true });
  }
}

async function startContenders(home: string, upstreamPort: number, children: ChildProcess[]): Promise<Contender[]> {
  const nginxPort = await freePort();
  const rival = nginx(home, "proxy", nginxProxyConfig(home, nginxPort, upstreamPort));
  const gatewayPort = await freePort();
  const script = join(import.meta.dirname, "gateway-process.ts");
  const args = [script, String(gatewayPort), String(upstreamPort), join(home, "gateway.log")];
  const gateway = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  children.push(rival, gateway);
  const contenders = [
    { name: "nginx", port: nginxPort, child: rival },
    { name: "gateway", port: gatewayPort, child: gateway },
  ];
  if (values.envoy !== undefined) {
    const port = await freePort();
    const config = join(home, "envoy.json");
    writeFileSync(config, envoyConfig(home, port, upstreamPort));
    const envoy = spawn(values.envoy, ["-c", config, "--concurrency", "1", "-l", "error"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    children.push(envoy);
    contenders.push({ name: "envoy", port, child: envoy });
  }
  return contenders;
}

function nginx(home: string, name: string, config: string): ChildProcess {
  const file = join(home, `${name}.conf`);
  writeFileSync(file, config);
  return spawn("nginx", ["-c", file, "-p", home, "-e", join(home, `${name}.error`)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function need(program: string, args: string[], cure: string): Promise<void> {
  const missing = await run(program, args).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
  if (!missing) return;
  console.error(`bench:gateway needs ${program}, which is not installed. Install it: ${cure}`);
  process.exit(1);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port: number): Promise<void> {
  for (let left = 100; left > 0; left--) {
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(100);
  }
  throw new Error(`nothing answers 200 at port ${port} after 10 s`);
}

async function load({ port, child }: Contender): Promise<Sample> {
  const before = cpuMs(child.pid!) ?? Number.NaN;
  const args = ["-t1", `-c${values.connections}`, `-d${values.seconds}s`, "--latency", `http://127.0.0.1:${port}/`];
  const { stdout } = await run("wrk", args);
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const ms = (percentile: string) => {
    const [, amount, unit] = new RegExp(`${percentile}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? [];
    return Number(amount) * ({ us: 0.001, ms: 1, s: 1_000 }[unit ?? "ms"] ?? 1);
  };
  const failed = ["Non-2xx or 3xx responses:", "connect", "read", "timeout"].reduce(
    (sum, label) => sum + number(new RegExp(`${label} (\\d+)`)),
    0,
  );
  const cpuMicros = (1_000 * ((cpuMs(child.pid!) ?? Number.NaN) - before)) / number(/(\d+) requests in/);
  return {
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: ms("50"),
    p99Ms: ms("99"),
    failed,
    cpuMicros,
  };
}

function report(contenders: Contender[], samples: ReadonlyMap<string, Sample[]>): void {
  const summary = contenders.map(({ name }) => {
    const own = samples.get(name)!;
    const middle = (key: keyof Sample) => median(own.map((sample) => sample[key]));
    const failed = own.reduce((sum, sample) => sum + sample.failed, 0);
    return {
      name,
      requestsPerSecond: middle("requestsPerSecond"),
      p50Ms: middle("p50Ms"),
      p99Ms: middle("p99Ms"),
      cpuMicros: middle("cpuMicros"),
      failed,
    };
  });
  const gateway = summary.find(({ name }) => name === "gateway")!;
  for (const { name, requestsPerSecond, p50Ms, p99Ms, cpuMicros, failed } of summary) {
    const speed = `${name.padEnd(8)} ${requestsPerSecond.toFixed(0).padStart(7)} req/s   p50 ${p50Ms.toFixed(2)} ms   p99 ${p99Ms.toFixed(2)} ms`;
    console.log(`${speed}   cpu ${cpuMicros.toFixed(0)} us/req   failed ${failed}`);
  }
  const ratios = Object.fromEntries(
    summary
      .filter(({ name }) => name !== "gateway")
      .map((rival) => [
        rival.name,
        {
          throughput: gateway.requestsPerSecond / rival.requestsPerSecond,
          p99: gateway.p99Ms / rival.p99Ms,
          cpu: gateway.cpuMicros / rival.cpuMicros,
        },
      ]),
  );
  for (const [name, { throughput, p99, cpu }] of Object.entries(ratios))
    console.log(
      `gateway = ${throughput.toFixed(2)} x ${name} in throughput, ${p99.toFixed(2)} x in p99, ${cpu.toFixed(2)} x in processor time`,
    );
  console.log(JSON.stringify({ options: values, summary, ratios, samples: Object.fromEntries(samples) }));
  if (summary.some(({ failed }) => failed > 0)) process.exitCode = 1;
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}
