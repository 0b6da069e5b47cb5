// The sandbox's parts, put together in the order that gives the first answer soonest: the store first, then gateway and
// pods beside each other; the API for kubectl and the controller when asked for, or as soon as those are up.

import { randomInt } from "node:crypto";
import { systemClock } from "../adapters/telemetry/clock.ts";
import type { ProcessConfig } from "../config.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import type { MetricSource } from "../ports/metric-source.ts";
import type { PodLogs } from "../ports/pod-logs.ts";
import type { SandboxCluster } from "../sandbox/cluster/open.ts";
import { type Addresses, removeAddresses, writeAddresses } from "../sandbox/home/addresses.ts";
import { openHome } from "../sandbox/home/home.ts";
import { acquireLock } from "../sandbox/home/lock.ts";
import { type HomePaths, homePaths } from "../sandbox/home/paths.ts";
import { keptPort, requireFreePort } from "../sandbox/home/ports.ts";

export interface BootOptions {
  homeDir: string;
  port?: number;
  apiPort?: number;
  statsPort?: number;
  catalogueFile?: string;
  config: ProcessConfig;
}

export interface Boot {
  paths: HomePaths;
  clock: Clock;
  log: Log;
  /** As the administrator that the kubeconfig names. */
  cluster: Cluster;
  gateway: Promise<BootedGateway>;
  /** Starts API and controller unless they are starting already; resolves when everything is up. */
  complete(): Promise<Addresses>;
  /** Ends all parts, the last one started first. Safe to call more than once, and in the middle of the start. */
  stop(): Promise<void>;
}

interface BootedGateway {
  url: string;
  statsUrl: string;
  dataPlane: DataPlane;
}

const GATEWAY_PORT = 80;
const LOCK_LOOK_MS = 2_000;
const ADMINISTRATOR = { name: "serin-admin", groups: ["system:masters"] };
const CONTROLLER = { name: "system:serviceaccount:serin-system:serin", groups: ["system:masters"] };

/** Resolves as soon as objects can be applied. */
export async function bootSandbox(options: BootOptions): Promise<Boot> {
  const parts = new AsyncDisposableStack();
  try {
    return await boot(options, parts);
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

async function boot(options: BootOptions, parts: AsyncDisposableStack): Promise<Boot> {
  const paths = homePaths(options.homeDir);
  openHome(paths);
  const lock = acquireLock(paths.lock, paths.dir);
  parts.defer(() => lock.release());
  const watch = setInterval(() => lock.isHeld() || endHomeless(paths), LOCK_LOOK_MS).unref();
  parts.defer(() => clearInterval(watch));
  removeAddresses(paths);
  const [ports, log, { openSandboxCluster }, { serinCrds }] = await Promise.all([
    choosePorts(options, paths),
    openLog(options, paths),
    import("../sandbox/cluster/open.ts"),
    import("../core/spec/crd.generated.ts"),
  ]);
  const base = { paths, ports, clock: systemClock(), log };
  const { clock } = base;
  const sandbox = await openSandboxCluster({ dataFile: paths.data, clock, log, crds: serinCrds() });
  parts.defer(() => sandbox.close());
  const started = { ...base, sandbox, parts };
  const gateway = startPart(parts, startGateway(started));
  const runtime = startPart(parts, startRuntime(started, options));
  let completed: Promise<Addresses> | undefined;
  return {
    ...base,
    cluster: sandbox.as(ADMINISTRATOR),
    gateway,
    complete: () => (completed ??= complete(started, gateway, runtime)),
    stop: () => parts.disposeAsync(),
  };
}

/** `rm -rf .serin` under a running sandbox: `serin down` could never find it again. */
function endHomeless({ dir }: HomePaths): void {
  process.stderr.write(`${dir} was deleted while the sandbox ran from it, so the sandbox ends.\n`);
  process.kill(process.pid, "SIGTERM");
}

interface Started {
  paths: HomePaths;
  ports: Ports;
  clock: Clock;
  log: Log;
  sandbox: SandboxCluster;
  parts: AsyncDisposableStack;
}

interface Part {
  stop(): Promise<void>;
}

/** A part that is still starting is ended as soon as it has started. */
function startPart<T extends Part>(parts: AsyncDisposableStack, starting: Promise<T>): Promise<T> {
  parts.defer(() => starting.then((part) => part.stop(), ignoreHere));
  starting.catch(ignoreHere);
  return starting;
}

/** The failure reaches whoever awaits the part. */
function ignoreHere(): void {}

async function startGateway({
  sandbox,
  clock,
  log,
  ports,
  paths,
}: Started): Promise<BootedGateway & Part & { metrics: MetricSource }> {
  const module = await import("../gateway/start.ts");
  const gateway = await module.startGateway({
    cluster: sandbox.cluster,
    clock,
    log,
    ports: { [GATEWAY_PORT]: ports.gateway },
    statsPort: ports.stats,
    seed: randomInt(2 ** 31),
    accessLogFile: paths.accessLog,
  });
  return {
    metrics: gateway.metrics,
    dataPlane: gateway.dataPlane,
    stop: () => gateway.stop(),
    url: `http://localhost:${gateway.localPorts[GATEWAY_PORT] ?? ports.gateway}/`,
    statsUrl: `http://localhost:${gateway.statsPort}/stats/prometheus`,
  };
}

async function startRuntime({ sandbox, clock, log, paths }: Started, { catalogueFile, config }: BootOptions) {
  const module = await import("../sandbox/runtime/start.ts");
  return module.startRuntime({
    cluster: sandbox.cluster,
    clock,
    log,
    homeDir: paths.dir,
    ...(catalogueFile !== undefined && { catalogueFile }),
    ...(config.podAddresses !== undefined && { addressMode: config.podAddresses }),
  });
}

async function complete(
  started: Started,
  gateway: Promise<BootedGateway & { metrics: MetricSource }>,
  runtime: Promise<{ podLogs: PodLogs }>,
): Promise<Addresses> {
  const [{ url, statsUrl, metrics, dataPlane }, { podLogs }] = await Promise.all([gateway, runtime]);
  const controller = startPart(started.parts, startController(started, metrics, dataPlane));
  const api = startPart(started.parts, startApi(started, podLogs));
  const [{ url: apiUrl, kubeconfigFile }] = await Promise.all([api, controller]);
  const addresses = { gatewayUrl: url, apiUrl, statsUrl, kubeconfigFile };
  writeAddresses(started.paths, addresses);
  started.parts.defer(() => removeAddresses(started.paths));
  return addresses;
}

async function startController(
  { sandbox, clock, log }: Started,
  metrics: MetricSource,
  dataPlane: DataPlane,
): Promise<Part> {
  const [{ istioRouter }, module] = await Promise.all([
    import("../adapters/istio/router.ts"),
    import("../controller/start.ts"),
  ]);
  const cluster = sandbox.as(CONTROLLER);
  const router = istioRouter({ cluster });
  return module.startController({
    cluster,
    router,
    metrics,
    dataPlane,
    clock,
    log,
    random: Math.random,
    identity: `sandbox-${process.pid}`,
  });
}

async function startApi({ sandbox, clock, log, paths, ports }: Started, podLogs: PodLogs) {
  const { serveApi } = await import("../sandbox/cluster/http/serve.ts");
  const api = await serveApi({
    sandbox,
    port: ports.api,
    homeDir: paths.dir,
    podLogs,
    clock,
    log,
  });
  return { url: api.url, kubeconfigFile: api.kubeconfigFile, stop: () => api.close() };
}

interface Ports {
  gateway: number;
  api: number;
  stats: number;
}

async function choosePorts({ port = 8080, apiPort, statsPort }: BootOptions, paths: HomePaths): Promise<Ports> {
  const use = async (what: string, flag: string, wanted: number): Promise<number> => {
    await requireFreePort({ what, flag, port: wanted });
    return wanted;
  };
  const api = { what: "the API server", flag: "--api-port" };
  const stats = { what: "the gateway's metrics", flag: "--stats-port" };
  return {
    gateway: await use("the gateway", "--port", port),
    api: await (apiPort === undefined
      ? keptPort({ ...api, file: paths.apiPort, first: 16_443 })
      : use(api.what, api.flag, apiPort)),
    stats: await (statsPort === undefined
      ? keptPort({ ...stats, file: paths.statsPort, first: 15_090 })
      : use(stats.what, stats.flag, statsPort)),
  };
}

async function openLog({ config: { debug, verbose } }: BootOptions, paths: HomePaths): Promise<Log> {
  const { openFileLog } = await import("../adapters/telemetry/log.ts");
  const echo = (line: string): void => void process.stderr.write(`${line}\n`);
  return openFileLog({ file: paths.log, level: debug ? "debug" : "info", ...((verbose || debug) && { echo }) });
}
