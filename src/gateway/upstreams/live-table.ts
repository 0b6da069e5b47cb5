// The table in use together with what moves: connections, positions in splits, round-robin cursors. A swap keeps all that
// still applies, so that neither an endpoint's coming nor a foreign route's change disturbs a split in the middle of a block.

import { isDeepStrictEqual } from "node:util";
import { type Random, seededRandom } from "../random.ts";
import type { Cluster, RouteTable, Split, VirtualHosts, WeightedDestination } from "../routing/table.ts";
import type { Stats } from "../telemetry/stats.ts";
import { Admission } from "./admission.ts";
import { HashedCluster, LiveCluster, WarmingCluster } from "./live-cluster.ts";
import { Outliers } from "./outlier.ts";
import { RetryLimit } from "./retry-limit.ts";
import { Splitter } from "./split.ts";
import { Turns } from "./turns.ts";
import { Upstream, upstreamKey } from "./upstream.ts";

export interface LiveTableOptions {
  stats: Stats;
  seed: number;
  /** Never jumps. */
  monotonicMs: () => number;
  onRetired?: (upstream: Upstream, error: unknown) => void;
}

export class LiveTable {
  readonly #monotonicMs: () => number;
  readonly #stats: Stats;
  readonly #random: Random;
  readonly #onRetired: (upstream: Upstream, error: unknown) => void;
  #table: RouteTable = { ports: new Map(), tls: new Map(), clusters: new Map() };
  #clusters = new Map<string, LiveCluster>();
  #upstreams = new Map<string, Upstream>();
  /** Since when each endpoint is in the table, by host and endpoint. */
  #bornMs = new Map<string, number>();
  #splitters = new Map<string, Splitter>();

  constructor(options: LiveTableOptions) {
    this.#monotonicMs = options.monotonicMs;
    this.#stats = options.stats;
    this.#random = seededRandom(options.seed);
    this.#onRetired = options.onRetired ?? (() => {});
  }

  get table(): RouteTable {
    return this.#table;
  }

  cluster(key: string): LiveCluster | undefined {
    return this.#clusters.get(key);
  }

  /** The destination of the next request of this route. */
  choose({ splitKey, destinations }: Split): WeightedDestination {
    if (destinations.length === 1) return destinations[0]!;
    let splitter = this.#splitters.get(splitKey);
    if (splitter === undefined) {
      splitter = new Splitter(
        destinations.map(({ weight }) => weight),
        seededRandom(this.#random() * 2 ** 32),
      );
      this.#splitters.set(splitKey, splitter);
    }
    return destinations[splitter.next()]!;
  }

  get random(): Random {
    return this.#random;
  }

  /** From the next request on the new table holds; requests under way finish as they began. */
  swap(table: RouteTable): void {
    const upstreams = new Map<string, Upstream>();
    const clusters = new Map<string, LiveCluster>();
    const bornMs = new Map<string, number>();
    const nowMs = this.#monotonicMs();
    for (const [key, cluster] of table.clusters) {
      const births = new Map<Upstream, number>();
      const own = cluster.endpoints.map((endpoint) => {
        const name = `${upstreamKey(endpoint)} ${cluster.host}`;
        const id = `${name} ${cluster.protocol}${jsonOf(cluster.transport)}${jsonOf(cluster.tls)}`;
        const known = upstreams.get(id) ?? this.#upstreams.get(id);
        const service = { host: cluster.host, ...cluster.service };
        const upstream = known ?? new Upstream(endpoint, this.#stats.of(endpoint.workload, service), cluster);
        upstreams.set(id, upstream);
        bornMs.set(name, this.#bornMs.get(name) ?? nowMs);
        births.set(upstream, bornMs.get(name)!);
        return upstream;
      });
      clusters.set(key, this.#liveCluster(cluster, own, births, this.#clusters.get(key)));
    }
    const gone = [...this.#upstreams].filter(([id]) => !upstreams.has(id)).map(([, upstream]) => upstream);
    this.#table = table;
    this.#clusters = clusters;
    this.#upstreams = upstreams;
    this.#bornMs = bornMs;
    this.#splitters = keptSplitters(this.#splitters, table);
    for (const upstream of gone) upstream.retire().catch((error: unknown) => this.#onRetired(upstream, error));
  }

  #liveCluster(
    cluster: Cluster,
    upstreams: readonly Upstream[],
    bornMs: ReadonlyMap<Upstream, number>,
    before: LiveCluster | undefined,
  ): LiveCluster {
    const state = before?.balanceState ?? { cursor: -1, turns: new Turns() };
    const made = clusterOf(bornMs, cluster, upstreams, state, this.#random, this.#monotonicMs);
    const { limits, retryCeiling, outlier } = cluster;
    // What counts goes on counting while its numbers stay.
    if (limits !== undefined) {
      const known = before?.admission;
      made.admission = isDeepStrictEqual(known?.limits, limits) ? known : new Admission(limits);
    }
    if (retryCeiling !== undefined) {
      const known = before?.retryLimit;
      made.retryLimit = isDeepStrictEqual(known?.ceiling, retryCeiling) ? known : new RetryLimit(retryCeiling);
    }
    if (outlier !== undefined) {
      const known = before?.outliers;
      const stays = known !== undefined && isDeepStrictEqual(known.policy, outlier);
      made.outliers = stays ? known : new Outliers(outlier, this.#monotonicMs());
      made.outliers.keep(upstreams);
    }
    return made;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.destroy()));
  }
}

function jsonOf(value: object | string | undefined): string {
  return value === undefined ? "" : JSON.stringify(value);
}

function clusterOf(
  bornMs: ReadonlyMap<Upstream, number>,
  ...parts: ConstructorParameters<typeof LiveCluster>
): LiveCluster {
  const [{ hash, warmUp }] = parts;
  if (hash !== undefined) return new HashedCluster(hash, ...parts);
  return warmUp === undefined ? new LiveCluster(...parts) : new WarmingCluster({ warmUp, bornMs }, ...parts);
}

function keptSplitters(splitters: ReadonlyMap<string, Splitter>, table: RouteTable): Map<string, Splitter> {
  const kept = new Map<string, Splitter>();
  for (const key of splitKeys(table)) {
    const splitter = splitters.get(key);
    if (splitter !== undefined) kept.set(key, splitter);
  }
  return kept;
}

function* splitKeys({ ports, tls }: RouteTable): Iterable<string> {
  for (const hosts of ports.values()) yield* splitKeysOf(hosts);
  for (const { byKey } of tls.values())
    for (const server of byKey.values()) {
      if (server.kind === "terminate") yield* splitKeysOf(server.hosts);
      else if (server.kind === "passthrough") yield server.action.splitKey;
    }
}

function* splitKeysOf({ exact, suffixes }: VirtualHosts): Iterable<string> {
  for (const { routes } of [...exact.values(), ...suffixes.values()])
    for (const { action } of routes) if (action.kind === "forward") yield action.splitKey;
}
