// The sandbox's parts, put together in the order that gives the first answer soonest: the store first, then gateway and
// pods beside each other; the API for kubectl and the controller when asked for, or as soon as those are up.

import { randomInt } from "node:crypto";
import { systemClock } from "../adapters/telemetry/clock.ts";
import type { SandboxOptions } from "../cli/world.ts";
import type { ProcessConfig } from "../config.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import type { MetricSource } from "../ports/metric-source.ts";
import type { PodLogs } from "../ports/pod-logs.ts";
import type { PodPorts } from "../ports/pod-ports.ts";
import type { SandboxCluster } from "../sandbox/cluster/open.ts";
import { type Addresses, removeAddresses, writeAddresses } from "../sandbox/home/addresses.ts";
import { openHome } from "../sandbox/home/home.ts";
import { acquireLock } from "../sandbox/home/lock.ts";
import { type HomePaths, homePaths } from "../sandbox/home/paths.ts";
import { keepPort, listenOnFirst, portsToTry, requireFreePort } from "../sandbox/home/ports.ts";

export interface BootOptions extends SandboxOptions {
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
  /** Undefined: port 443 is not open. */
  tlsUrl: string | undefined;
  statsUrl: string;
  dataPlane: DataPlane;
}

const GATEWAY_PORT = 80;
const DEFAULT_PORT = 8080;
const TLS_GATEWAY_PORT = 443;
const DEFAULT_TLS_PORT = 8443;
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
  const [, log, { openSandboxCluster }, { serinCrds }] = await Promise.all([
    requireAskedPorts(options),
    openLog(options, paths),
    import("../sandbox/cluster/open.ts"),
    import("../core/spec/crd.generated.ts"),
  ]);
  const base = { paths, clock: systemClock(), log };
  const { clock } = base;
  const sandbox = await openSandboxCluster({ dataFile: paths.data, clock, log, crds: serinCrds() });
  parts.defer(() => sandbox.close());
  const started = { ...base, ports: portsOf(options, paths), sandbox, parts };
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
    optionalPorts: { [TLS_GATEWAY_PORT]: ports.tls },
    statsPort: ports.stats,
    seed: randomInt(2 ** 31),
    accessLogFile: paths.accessLog,
  });
  if (ports.stats.length > 1) keepPort(paths.statsPort, gateway.statsPort);
  const tlsPort = gateway.localPorts[TLS_GATEWAY_PORT];
  return {
    metrics: gateway.metrics,
    dataPlane: gateway.dataPlane,
    stop: () => gateway.stop(),
    url: `http://localhost:${gateway.localPorts[GATEWAY_PORT] ?? ports.gateway}/`,
    tlsUrl: tlsPort === undefined ? undefined : `https://localhost:${tlsPort}/`,
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
  runtime: Promise<PodAccess>,
): Promise<Addresses> {
  const [{ url, tlsUrl, statsUrl, metrics, dataPlane }, { podLogs, podPorts }] = await Promise.all([gateway, runtime]);
  const controller = startPart(started.parts, startController(started, metrics, dataPlane));
  const api = startPart(started.parts, startApi(started, { podLogs, podPorts }));
  const [{ url: apiUrl, kubeconfigFile }] = await Promise.all([api, controller]);
  const addresses = {
    gatewayUrl: url,
    ...(tlsUrl !== undefined && { gatewayTlsUrl: tlsUrl }),
    apiUrl,
    statsUrl,
    kubeconfigFile,
  };
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

interface PodAccess {
  podLogs: PodLogs;
  podPorts: PodPorts;
}

async function startApi({ sandbox, clock, log, paths, ports }: Started, access: PodAccess) {
  const { serveApi } = await import("../sandbox/cluster/http/serve.ts");
  const api = await listenOnFirst({ ...API_USE, ports: ports.api }, (port) =>
    serveApi({ sandbox, port, homeDir: paths.dir, ...access, clock, log }),
  );
  if (ports.api.length > 1) keepPort(paths.apiPort, Number(new URL(api.url).port));
  return { url: api.url, kubeconfigFile: api.kubeconfigFile, stop: () => api.close() };
}

interface Ports {
  gateway: number;
  tls: number;
  /** The one that was asked for, or several of which the first free one will do. */
  api: readonly number[];
  stats: readonly number[];
}

const GATEWAY_USE = { what: "the gateway", flag: "--port" };
const TLS_USE = { what: "the gateway's port 443", flag: "--tls-port" };
const API_USE = { what: "the API server", flag: "--api-port" };
const STATS_USE = { what: "the gateway's metrics", flag: "--stats-port" };
const FIRST_API_PORT = 16_443;
const FIRST_STATS_PORT = 15_090;

function portsOf(
  { port = DEFAULT_PORT, tlsPort = DEFAULT_TLS_PORT, apiPort, statsPort }: BootOptions,
  paths: HomePaths,
): Ports {
  return {
    gateway: port,
    tls: tlsPort,
    api: apiPort === undefined ? portsToTry(paths.apiPort, FIRST_API_PORT) : [apiPort],
    stats: statsPort === undefined ? portsToTry(paths.statsPort, FIRST_STATS_PORT) : [statsPort],
  };
}

/** Before anything is started: the error comes at once, and alone. */
async function requireAskedPorts({ port = DEFAULT_PORT, tlsPort, apiPort, statsPort }: BootOptions): Promise<void> {
  await requireFreePort({ ...GATEWAY_USE, port });
  if (tlsPort !== undefined) await requireFreePort({ ...TLS_USE, port: tlsPort });
  if (apiPort !== undefined) await requireFreePort({ ...API_USE, port: apiPort });
  if (statsPort !== undefined) await requireFreePort({ ...STATS_USE, port: statsPort });
}

async function openLog({ config: { debug, verbose } }: BootOptions, paths: HomePaths): Promise<Log> {
  const { openFileLog } = await import("../adapters/telemetry/log.ts");
  const echo = (line: string): void => void process.stderr.write(`${line}\n`);
  return openFileLog({ file: paths.log, level: debug ? "debug" : "info", ...((verbose || debug) && { echo }) });
}
