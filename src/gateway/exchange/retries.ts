// The attempts of one request: how many there were, where, and whether there may be another.

import type { RetryPolicy } from "../routing/table.ts";
import type { LiveCluster } from "../upstreams/live-cluster.ts";
import type { RetryLimit } from "../upstreams/retry-limit.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import type { RequestBody } from "./request-body.ts";

export class Retries {
  readonly policy: RetryPolicy;
  /** Envoy's response flag when a retry was wanted: all are used up (URX), or too many of the cluster's were running (UO). */
  flags: "URX" | "UO" | "-" = "-";
  #tried: Upstream[] | undefined;
  #running: RetryLimit | undefined;

  constructor(policy: RetryPolicy) {
    this.policy = policy;
  }

  /** Upstreams that the next attempt should not go to. */
  avoided(cluster: LiveCluster): readonly Upstream[] | undefined {
    return cluster.avoids(this.policy.avoidPreviousHosts) ? this.#tried : undefined;
  }

  /** After so many attempts, the last one at `upstream`. True: there is to be another, and it is counted as running. */
  mayFollow(attempts: number, upstream: Upstream, cluster: LiveCluster, body: RequestBody | undefined): boolean {
    this.end();
    if (attempts > this.policy.attempts) this.flags = "URX";
    if (this.flags !== "-" || (body !== undefined && !body.replayable)) return false;
    const { retryLimit } = cluster;
    if (retryLimit !== undefined && !retryLimit.enter(() => cluster.running)) {
      this.flags = "UO";
      return false;
    }
    this.#running = retryLimit;
    (this.#tried ??= []).push(upstream);
    return true;
  }

  /** The retry that was running has ended. */
  end(): void {
    this.#running?.leave();
    this.#running = undefined;
  }
}
