// Where request counts come from: the sandbox gateway's own counters, proxies scraped directly, or Prometheus.

import type { WorkloadCounters } from "../core/analysis/counters.ts";

export interface MetricSource {
  /**
   * Cumulative counters of the requests that each workload (Deployment) of a namespace received, counted once per client
   * request at the client's side. Counters only rise while `epoch` stays the same. Throws MetricSourceError when blind.
   */
  read(query: { namespace: string; workloads: string[] }): Promise<CounterReading>;
}

export interface CounterReading {
  /** When the counters were read, by the source. */
  atMs: number;
  /** Workloads without any request yet are present with zeros or absent. */
  workloads: Record<string, WorkloadCounters>;
}

/** The backend could not be asked, or its answer makes no sense: "blind", never "bad". */
export class MetricSourceError extends Error {
  override readonly name = "MetricSourceError";
}
