// The shell around the decisions: watches and timers wake a key, a pass over it observes, decides, applies and records.
//
//   watches ─┐                         ┌─> router (awaited: traffic)
//   metrics ─┼─> queue ─> observe ─> decide ─> apply
//   proxies ─┤                         └─> clerk (beside: status, Events, answers)
//   timers ──┘
//
// All time and chance come in by ports, so that a whole controller runs under a virtual clock.

import { DEFAULT_POLICY, type Policy } from "../core/rollout/decision.ts";
import type { Canary } from "../core/spec/canary.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import type { MetricSource } from "../ports/metric-source.ts";
import type { TrafficRouter } from "../ports/traffic-router.ts";
import { Clerk } from "./clerk.ts";
import { keyOf } from "./key.ts";
import type { Memory } from "./memory.ts";
import { MetricPoll } from "./metric-poll.ts";
import { ProxyPoll } from "./proxy-poll.ts";
import { Queue } from "./queue.ts";
import { type ReconcileOptions, reconcile } from "./reconcile.ts";
import { createWatches, type Watches, wakeOnChange } from "./watches.ts";

export interface ControllerOptions {
  cluster: Cluster;
  router: TrafficRouter;
  metrics: MetricSource;
  dataPlane: DataPlane;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  random: () => number;
  /** Which controller process it is, in Events (and in the Lease, once there is one). */
  identity: string;
  policy?: Partial<Policy>;
  metricsIntervalMs?: number;
}

const METRICS_INTERVAL_MS = 1_000;

/** Resolves when every watch has its first list and every Canary is about to be looked at. */
export async function startController(options: ControllerOptions): Promise<{ stop(): Promise<void> }> {
  const watches = createWatches(options);
  const workers = createWorkers(options, watches);
  const abort = new AbortController();
  const { actionsFor: _, ...informing } = watches;
  const informers = Object.values(informing);
  const running: Promise<void>[] = [];
  // One after the other: the first lists are the most memory that a controller ever needs.
  for (const informer of informers) {
    running.push(informer.start(abort.signal));
    await informer.synced;
  }
  wakeOnChange(watches, (key) => workers.queue.wake(key));
  wakeAll(watches.canaries.list(), workers.queue);
  for (const { metadata, spec } of watches.actions.list())
    workers.queue.wake(keyOf({ namespace: metadata.namespace, name: spec.canaryRef.name }));
  return {
    async stop() {
      abort.abort();
      workers.metrics.stop();
      workers.proxies.stop();
      await workers.queue.stop();
      await workers.clerk.stop();
      await Promise.all(running);
    },
  };
}

/** Looking at one Canary takes about five requests, so this pace leaves room under the client's rate limit (ADR 0006). */
const FIRST_LOOKS_PER_SECOND = 8;

/** Rollouts that run come first and at once. Others may be many, and nothing hurries there: an action wakes them in any case. */
function wakeAll(canaries: readonly Canary[], queue: Queue): void {
  const isRunning = ({ status }: Canary) => status?.rollout !== undefined && status.rollout.endedAt === undefined;
  for (const { metadata } of canaries.filter(isRunning)) queue.wake(keyOf(metadata));
  const resting = canaries.filter((canary) => !isRunning(canary));
  for (const [i, { metadata }] of resting.entries())
    if (i < FIRST_LOOKS_PER_SECOND) queue.wake(keyOf(metadata));
    else queue.wakeAfter(keyOf(metadata), (i / FIRST_LOOKS_PER_SECOND) * 1_000);
}

interface Workers {
  queue: Queue;
  clerk: Clerk;
  metrics: MetricPoll;
  proxies: ProxyPoll;
}

function createWorkers(options: ControllerOptions, watches: Watches): Workers {
  const { cluster, router, dataPlane, clock, log, random, identity } = options;
  const memories = new Map<string, Memory>();
  const wake = (key: string) => queue.wake(key);
  const wakeAfter = (key: string, delayMs: number) => queue.wakeAfter(key, delayMs);
  const clerk = new Clerk({ clock, log, lookAgain: wakeAfter });
  const proxies = new ProxyPoll({ dataPlane, clock, log, onAnswer: wake });
  const metrics = new MetricPoll({
    metrics: options.metrics,
    clock,
    log,
    intervalMs: options.metricsIntervalMs ?? METRICS_INTERVAL_MS,
    onReading: (key, reading) => {
      const memory = memories.get(key);
      if (memory !== undefined && reading !== undefined) memory.counters = reading;
      wake(key);
    },
  });
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const ports = { cluster, router, clock, log, identity };
  const shell: ReconcileOptions = { ...ports, policy, watches, memories, clerk, metrics, proxies, wake, wakeAfter };
  const queue: Queue = new Queue({ clock, log, random, run: (key) => reconcile(shell, key) });
  watches.canaries.onChange(({ key, object }) => follow(memories.get(keyOf(key)), object));
  return { queue, clerk, metrics, proxies };
}

/** Status is written against the newest object known. An older one costs a conflict, never a lost write. */
function follow(memory: Memory | undefined, object: Canary | undefined): void {
  if (memory !== undefined && object !== undefined && object.metadata.uid === memory.object.metadata.uid)
    memory.object = object;
}
