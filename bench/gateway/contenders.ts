// The three, started once for each number of routes: one worker each, the same routes, an access log, statistics that can be read.

import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startSandboxApi } from "../../test/e2e/sandbox-api.ts";
import { freePort } from "../../testbed/free-ports.ts";
import { envoyConfig } from "./envoy.ts";
import { startGatewayProcess } from "./gateway-handle.ts";
import { proxyConfig, type UpstreamPorts, upstreamConfig } from "./nginx.ts";
import { childrenOf } from "./proc.ts";
import type { Programs } from "./programs.ts";
import { fillWorld } from "./world.ts";

export type Name = "gateway" | "envoy" | "nginx";

export interface Contender {
  name: Name;
  routes: number;
  port: number;
  /** Of the process that does the work. */
  pid: number;
  accessLog: string;
  /** How many requests its own statistics have counted. */
  counted(): Promise<number>;
  stop(): Promise<void>;
}

export interface Upstream {
  ports: UpstreamPorts;
  pid: number;
  stop(): Promise<void>;
}

export async function startUpstream({ nginx }: Programs, home: string, largeFile: string): Promise<Upstream> {
  const ports = { v1: await freePort(), v2: await freePort(), status: await freePort() };
  const child = startNginx(nginx, join(home, "upstream.conf"), upstreamConfig(home, ports, largeFile));
  await listening(child, ports.status);
  return { ports, pid: childrenOf(child.pid!)[0]!, stop: () => ended(child) };
}

export async function startNginxProxy(programs: Programs, home: string, upstream: UpstreamPorts, routes: number) {
  const ports = { listen: await freePort(), stats: await freePort() };
  const file = join(home, `nginx-${routes}.conf`);
  const child = startNginx(programs.nginx, file, proxyConfig(file, ports, upstream, routes));
  await listening(child, ports.listen);
  return {
    name: "nginx",
    routes,
    port: ports.listen,
    pid: childrenOf(child.pid!)[0]!,
    accessLog: join(home, `nginx-${routes}.log`),
    counted: () => readStubStatus(ports.stats),
    stop: () => ended(child),
  } satisfies Contender;
}

export async function startEnvoy(envoy: string, home: string, upstream: UpstreamPorts, routes: number) {
  const ports = { listen: await freePort(), stats: await freePort() };
  const [file, accessLog] = [join(home, `envoy-${routes}.json`), join(home, `envoy-${routes}.log`)];
  writeFileSync(file, envoyConfig(accessLog, ports, upstream, routes));
  const own = ["--use-dynamic-base-id", "--file-flush-interval-msec", "1000", "-l", "error"];
  const args = ["-c", file, "--concurrency", "1", ...own];
  const child = spawn(envoy, args, { stdio: ["ignore", "ignore", "inherit"] });
  await listening(child, ports.listen);
  return {
    name: "envoy",
    routes,
    port: ports.listen,
    pid: child.pid!,
    accessLog,
    counted: () =>
      sumOf(ports.stats, "/stats?filter=^http.ingress.downstream_rq_completed", /downstream_rq_completed: (\d+)/g),
    stop: () => ended(child),
  } satisfies Contender;
}

/** `flags`: Node's. */
export async function startGateway(
  home: string,
  upstream: UpstreamPorts,
  routes: number,
  flags: readonly string[] = [],
) {
  const api = await startSandboxApi();
  await fillWorld(api.cluster, upstream, routes);
  const accessLog = join(home, `gateway-${routes}.log`);
  const gateway = await startGatewayProcess(api.kubeconfig, accessLog, flags);
  return {
    name: "gateway",
    routes,
    port: gateway.port,
    pid: gateway.pid,
    accessLog,
    counted: () => sumOf(gateway.statsPort, "/stats/prometheus", /^istio_requests_total\{.*\} (\d+)$/gm),
    async stop() {
      await gateway.stop();
      await api.stop();
    },
  } satisfies Contender;
}

/** nginx counts the request that asks, too. */
export async function readStubStatus(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  return Number(/^ \d+ \d+ (\d+)/m.exec(text)![1]);
}

async function sumOf(port: number, path: string, pattern: RegExp): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  return [...text.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
}

function startNginx(program: string, file: string, config: string): ChildProcess {
  writeFileSync(file, config);
  const home = file.slice(0, file.lastIndexOf("/"));
  return spawn(program, ["-c", file, "-p", home, "-e", `${file}.error`], { stdio: ["ignore", "ignore", "inherit"] });
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(" ")} ended with ${child.exitCode}`);
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      async (response) => await response.arrayBuffer().then(() => true),
      () => false,
    );
    if (answered) return;
    await sleep(100);
  }
  throw new Error(`${child.spawnargs.join(" ")} does not answer after 10 s`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await exited;
}
