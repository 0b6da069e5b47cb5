// How many retries of a cluster may run at once: its circuit breaker's max_retries, or a budget, a share of what is running.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking
// A retry counts from the decision, its back-off included, until its request decides again or ends.

import type { RetryCeiling } from "../routing/table.ts";

export class RetryLimit {
  readonly ceiling: RetryCeiling;
  #retrying = 0;

  constructor(ceiling: RetryCeiling) {
    this.ceiling = ceiling;
  }

  /** False: there are too many already. `running` counts the cluster's attempts. */
  enter(running: () => number): boolean {
    if (this.#retrying >= this.#most(running)) return false;
    this.#retrying++;
    return true;
  }

  leave(): void {
    this.#retrying--;
  }

  #most(running: () => number): number {
    const { ceiling } = this;
    if (ceiling.by === "number") return ceiling.maxRetries;
    return Math.max(ceiling.minConcurrency, Math.floor((ceiling.percent * running()) / 100));
  }
}
