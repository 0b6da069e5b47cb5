// The gateway, started: objects in from the cluster port, requests in from the clients, counters out.

import { randomUUID } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import type { MetricSource } from "../ports/metric-source.ts";
import { ConnectionManager } from "./clients/connection-manager.ts";
import { TIME_LIMITS, type TimeLimits } from "./clients/time-limits.ts";
import { TlsAcceptor } from "./clients/tls-acceptor.ts";
import { plainEntrance } from "./exchange/entrance.ts";
import { cachedHttpDate, type Gate } from "./gate.ts";
import { StatusWriter } from "./gateway-api/status-writer.ts";
import { publishIngress } from "./ingress-objects.ts";
import { TableKeeper } from "./table-keeper.ts";
import { fileAccessLog } from "./telemetry/access-log.ts";
import { Reporter } from "./telemetry/report.ts";
import { Stats } from "./telemetry/stats.ts";
import { serveStats } from "./telemetry/stats-server.ts";
import { LiveTable } from "./upstreams/live-table.ts";
import { type Acceptor, type Listener, listen, PortError } from "./wire/listen.ts";
import { WorldWatch } from "./world-watch.ts";

export interface GatewayOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  /** Gateway port to local port: {80: 8080}. Local port 0 takes a free one. */
  ports: Readonly<Record<number, number>>;
  /** The same for ports that nothing depends on: one whose local port is taken is left out, and that is said. */
  optionalPorts?: Readonly<Record<number, number>>;
  /** Default 15090, Istio's; 0 takes a free one; of several the first that is free. */
  statsPort?: number | readonly number[];
  /** Of the splits' order and of the load balancer's dice. */
  seed: number;
  /** Of the clients; each has a default. */
  timeLimits?: Partial<TimeLimits>;
  /** Istio's default text format; absent: no access log. */
  accessLogFile?: string;
}

export interface RunningGateway {
  metrics: MetricSource;
  dataPlane: DataPlane;
  /** Gateway port to the local port that is bound. */
  localPorts: Readonly<Record<number, number>>;
  statsPort: number;
  /** Takes no new connections, lets running requests finish (5 s at most), closes everything. */
  stop(): Promise<void>;
}

/** Resolves when the objects are read and the ports are bound. Throws PortError, saying what to do, when one is taken. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { cluster, clock, log, seed } = options;
  const stats = new Stats();
  const live = new LiveTable({
    stats,
    seed,
    monotonicMs: () => performance.now(),
    onRetired: (upstream, error) =>
      log.warn("closing an endpoint's connections failed", {
        address: upstream.endpoint.address,
        error: String(error),
      }),
  });
  const watch = new WorldWatch({
    cluster,
    clock,
    log,
    onChange: () => keeper.changed(),
    onStatusChange: (object) => statusWriter.look(object),
  });
  const reporter = new Reporter({ cluster, clock, log, find: (resource, key) => watch.get(resource, key) });
  const openPorts = Object.keys(options.ports).map(Number);
  const statusWriter = new StatusWriter({ cluster, clock, log });
  const keeper = new TableKeeper({ watch, live, stats, reporter, statusWriter, openPorts, log });
  const gate = makeGate(options, live, stats);
  const open = (port: number, localPort: number) => listen(clock, acceptorOf(gate, port), localPort);
  await watch.start();
  reporter.adopt([...watch.virtualServices.list(), ...watch.destinationRules.list(), ...watch.gateways.list()]);
  const listeners = new Map<number, Listener>();
  const closeListeners = () => Promise.all([...listeners.values()].map((listener) => listener.close()));
  try {
    // Before the first compilation: which of these are open decides what a Gateway may have.
    for (const [port, localPort] of portPairs(options.optionalPorts ?? {})) {
      const listener = await open(port, localPort).catch((error: unknown) => leftOut(log, port, error));
      if (listener !== undefined) listeners.set(port, listener);
    }
    openPorts.push(...listeners.keys());
    keeper.compileNow();
    for (const [port, localPort] of portPairs(options.ports)) listeners.set(port, await open(port, localPort));
    const statsServer = await serveStats(stats, [options.statsPort ?? 15_090].flat());
    const localPorts = Object.fromEntries([...listeners].map(([port, { localPort }]) => [port, localPort]));
    await publishIngress(cluster, localPorts, new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z"));
    const stop = async () => {
      gate.draining = true;
      await closeListeners();
      keeper.stop();
      watch.stop();
      await Promise.all([
        live.close(),
        statsServer.close(),
        gate.accessLog?.close(),
        reporter.settled(),
        statusWriter.settled(),
      ]);
    };
    return { metrics: metricSource(stats, clock), dataPlane: keeper, localPorts, statsPort: statsServer.port, stop };
  } catch (error) {
    watch.stop();
    keeper.stop();
    await closeListeners();
    throw error;
  }
}

function portPairs(ports: Readonly<Record<number, number>>): [port: number, localPort: number][] {
  return Object.entries(ports).map(([port, localPort]) => [Number(port), localPort]);
}

function acceptorOf(gate: Gate, port: number): Acceptor {
  return new TlsAcceptor(gate, port, new ConnectionManager(gate, plainEntrance(gate, port)));
}

function leftOut(log: Log, port: number, error: unknown): undefined {
  if (!(error instanceof PortError)) throw error;
  log.warn("a port of the gateway is not open", { port, reason: String(error.cause) });
}

function makeGate({ clock, log, accessLogFile, timeLimits }: GatewayOptions, live: LiveTable, stats: Stats): Gate {
  const onError = (error: Error) => log.warn("lines of the access log are lost", { reason: error.message });
  return {
    live,
    stats,
    clock,
    timeLimits: { ...TIME_LIMITS, ...timeLimits },
    accessLog: accessLogFile === undefined ? undefined : fileAccessLog(accessLogFile, clock, onError),
    monotonicMs: () => performance.now(),
    httpDate: cachedHttpDate(() => clock.now()),
    newRequestId: randomUUID,
    draining: false,
  };
}

function metricSource(stats: Stats, clock: Clock): MetricSource {
  const epoch = randomUUID();
  return {
    async read({ namespace, workloads }) {
      const counters = workloads.map((workload) => {
        const { requests, errors } = stats.totals(namespace, workload);
        return [workload, { requests, errors, epoch }] as const;
      });
      return { atMs: clock.now(), workloads: Object.fromEntries(counters) };
    },
  };
}
