// What the story leaves, as values: the evidence of the report that the project started from. Pods, counts per phase,
// routes, metrics, the rollback.

import type { KubeObject } from "../core/kubernetes/object.ts";
import { CANARIES, PODS, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import type { Pod } from "../core/kubernetes/workload.ts";
import type { TallyReading } from "../load/tally.ts";
import type { Cluster } from "../ports/cluster.ts";
import { NAMESPACE } from "./acts.ts";
import { harmedByBadVersion, harmedByUs, sharesOf, type VersionShare } from "./counts.ts";
import type { Story } from "./play.ts";
import type { RolloutChapter } from "./stage.ts";
import { totalOf } from "./traffic.ts";

export interface Report {
  /** Raised when a field changes its meaning. */
  schema: 1;
  startedAt: string;
  endedAt: string;
  fast: boolean;
  held: boolean;
  failures: string[];
  figures: {
    firstAnswerMs: number;
    requests: number;
    ratePerSecond: number;
    failedBySerin: number;
    failedByBadVersion: number;
    /** How late the load generator itself was at worst. */
    clientLatestMs: number;
    residentMemoryMb: number;
  };
  phases: PhaseReport[];
  rollouts: RolloutChapter[];
  pods: PodReport[];
  routes: { name: string; http: unknown }[];
  canary?: unknown;
  /** Lines of istio_requests_total, as Prometheus reads them. */
  metrics: string[];
}

export interface PhaseReport {
  act: string;
  title: string;
  file?: string;
  expected?: Record<string, number>;
  shares: VersionShare[];
  requests: number;
  failed: Record<string, number>;
  latencyMs: TallyReading["latencyMs"];
}

interface PodReport {
  name: string;
  phase: string;
  ready: boolean;
  restarts: number;
  ip: string;
  image: string;
}

export interface ReportSources {
  cluster: Cluster;
  readMetrics: () => Promise<string>;
  startedAt: string;
  endedAt: string;
  fast: boolean;
}

export async function makeReport(
  story: Story,
  { cluster, readMetrics, startedAt, endedAt, fast }: ReportSources,
): Promise<Report> {
  const inNamespace = { namespace: NAMESPACE };
  const [pods, routes, canaries, metrics] = await Promise.all([
    cluster.list<Pod>(PODS, inNamespace),
    cluster.list(VIRTUAL_SERVICES, inNamespace),
    cluster.list(CANARIES, inNamespace),
    readMetrics(),
  ]);
  return {
    schema: 1,
    startedAt,
    endedAt,
    fast,
    held: story.failures.length === 0,
    failures: story.failures,
    figures: {
      firstAnswerMs: story.firstAnswerMs,
      requests: story.sent,
      ratePerSecond: story.ratePerSecond,
      failedBySerin: totalOf(story.phases, harmedByUs),
      failedByBadVersion: totalOf(story.phases, harmedByBadVersion),
      clientLatestMs: Math.round(story.clientLatestMs),
      residentMemoryMb: Math.round(process.memoryUsage.rss() / 1_000_000),
    },
    phases: phaseReports(story),
    rollouts: story.chapters.flatMap(({ rollout }) => (rollout === undefined ? [] : [rollout])),
    pods: pods.items.map(podReport),
    routes: routes.items.map((object) => ({ name: object.metadata.name, http: specOf(object)["http"] })),
    ...(canaries.items[0] !== undefined && { canary: canaries.items[0]["status"] }),
    metrics: metrics.split("\n").filter((line) => line.startsWith("istio_requests_total")),
  };
}

function phaseReports({ chapters, phases }: Story): PhaseReport[] {
  return chapters.flatMap(({ act, title, phase, file, expected }) => {
    const reading = phases.find(({ name }) => name === phase)!.reading;
    // A step that ended at once had no request of its own.
    if (reading.done === 0) return [];
    return {
      act,
      title,
      ...(file !== undefined && { file }),
      ...(expected !== undefined && { expected }),
      shares: sharesOf(reading, Object.keys(expected ?? {})),
      requests: reading.done,
      failed: reading.failures,
      latencyMs: reading.latencyMs,
    };
  });
}

function podReport({ metadata, spec, status }: Pod): PodReport {
  const container = status?.containerStatuses?.[0];
  return {
    name: metadata.name,
    phase: status?.phase ?? "Unknown",
    ready: container?.ready ?? false,
    restarts: container?.restartCount ?? 0,
    ip: status?.podIP ?? "",
    image: spec.containers[0]?.image ?? "",
  };
}

function specOf(object: KubeObject): Record<string, unknown> {
  return (object["spec"] ?? {}) as Record<string, unknown>;
}
