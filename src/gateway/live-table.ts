// The table in use together with what moves: connections, positions in splits, round-robin cursors. A swap keeps all that
// still applies, so that neither an endpoint's coming nor a foreign route's change disturbs a split in the middle of a block.

import { isDeepStrictEqual } from "node:util";
import { Admission } from "./admission.ts";
import { type BalanceState, pickEndpoint, untried } from "./balance.ts";
import { hashKeyOf, hashOf, pickByHash } from "./hash.ts";
import { Outliers } from "./outlier.ts";
import { type Random, seededRandom } from "./random.ts";
import type { NodeRequestView } from "./request-view.ts";
import { Splitter } from "./split.ts";
import type { Stats } from "./stats.ts";
import type { Cluster, ForwardAction, HashPolicy, RouteTable, WeightedDestination } from "./table.ts";
import { Upstream, upstreamKey } from "./upstream.ts";

export class LiveCluster {
  readonly cluster: Cluster;
  readonly upstreams: readonly Upstream[];
  /** Undefined where connections are not limited. */
  admission: Admission | undefined;
  /** Undefined where nobody is ejected. */
  outliers: Outliers<Upstream> | undefined;
  readonly #state: BalanceState;
  readonly #random: Random;
  readonly #monotonicMs: () => number;

  constructor(
    cluster: Cluster,
    upstreams: readonly Upstream[],
    state: BalanceState,
    random: Random,
    monotonicMs: () => number,
  ) {
    this.#monotonicMs = monotonicMs;
    this.cluster = cluster;
    this.upstreams = upstreams;
    this.#state = state;
    this.#random = random;
  }

  /** How an attempt went: its status, or 503 and 504 for failures without one. */
  observe(upstream: Upstream, code: number): void {
    this.outliers?.observe(upstream, code, this.upstreams, this.#monotonicMs());
  }

  get balanceState(): BalanceState {
    return this.#state;
  }

  /** Undefined when there is none. `tried` are avoided where another is left. */
  pick(tried: readonly Upstream[] | undefined, request: NodeRequestView): Upstream | undefined {
    const available = this.outliers?.available(this.upstreams, this.#monotonicMs()) ?? this.upstreams;
    if (available.length === 0) return undefined;
    return this.choose(untried(available, tried), request);
  }

  protected choose(candidates: readonly Upstream[], _request: NodeRequestView): Upstream {
    return pickEndpoint(candidates, this.cluster.balance, this.#state, this.#random);
  }

  avoids(previous: boolean | "unless-hashed"): boolean {
    return previous !== false;
  }
}

/** One whose requests stay with an endpoint. */
class HashedCluster extends LiveCluster {
  readonly #hash: HashPolicy;
  readonly #random: Random;
  readonly #hashes: ReadonlyMap<Upstream, number>;

  constructor(hash: HashPolicy, ...rest: ConstructorParameters<typeof LiveCluster>) {
    super(...rest);
    this.#hash = hash;
    this.#random = rest[3];
    this.#hashes = new Map(this.upstreams.map((each) => [each, hashOf(each.endpoint.address)]));
  }

  protected override choose(candidates: readonly Upstream[], request: NodeRequestView): Upstream {
    const { hash, cookie } = hashKeyOf(this.#hash, request, this.#random);
    if (cookie !== undefined) request.cookie = cookie;
    return pickByHash(
      candidates,
      candidates.map((each) => this.#hashes.get(each)!),
      hash,
    );
  }

  override avoids(previous: boolean | "unless-hashed"): boolean {
    return previous === true;
  }
}

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
  #table: RouteTable = { ports: new Map(), clusters: new Map() };
  #clusters = new Map<string, LiveCluster>();
  #upstreams = new Map<string, Upstream>();
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
  choose({ splitKey, destinations }: ForwardAction): WeightedDestination {
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
    for (const [key, cluster] of table.clusters) {
      const own = cluster.endpoints.map((endpoint) => {
        const id = `${upstreamKey(endpoint)} ${cluster.host}${cluster.transport ? JSON.stringify(cluster.transport) : ""}`;
        const known = upstreams.get(id) ?? this.#upstreams.get(id);
        const service = { host: cluster.host, ...cluster.service };
        const upstream = known ?? new Upstream(endpoint, this.#stats.of(endpoint.workload, service), cluster.transport);
        upstreams.set(id, upstream);
        return upstream;
      });
      clusters.set(key, this.#liveCluster(cluster, own, this.#clusters.get(key)));
    }
    const gone = [...this.#upstreams].filter(([id]) => !upstreams.has(id)).map(([, upstream]) => upstream);
    this.#table = table;
    this.#clusters = clusters;
    this.#upstreams = upstreams;
    this.#splitters = keptSplitters(this.#splitters, table);
    for (const upstream of gone) upstream.retire().catch((error: unknown) => this.#onRetired(upstream, error));
  }

  #liveCluster(cluster: Cluster, upstreams: readonly Upstream[], before: LiveCluster | undefined): LiveCluster {
    const parts = [
      cluster,
      upstreams,
      before?.balanceState ?? { cursor: -1 },
      this.#random,
      this.#monotonicMs,
    ] as const;
    const made = cluster.hash === undefined ? new LiveCluster(...parts) : new HashedCluster(cluster.hash, ...parts);
    if (cluster.limits !== undefined) {
      const stays = isDeepStrictEqual(before?.admission?.limits, cluster.limits);
      made.admission = stays ? before?.admission : new Admission(cluster.limits);
    }
    if (cluster.outlier === undefined) return made;
    const known = before?.outliers;
    const stays = known !== undefined && isDeepStrictEqual(known.policy, cluster.outlier);
    made.outliers = stays ? known : new Outliers(cluster.outlier, this.#monotonicMs());
    made.outliers.keep(upstreams);
    return made;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.destroy()));
  }
}

function keptSplitters(splitters: ReadonlyMap<string, Splitter>, table: RouteTable): Map<string, Splitter> {
  const kept = new Map<string, Splitter>();
  for (const hosts of table.ports.values())
    for (const { routes } of [...hosts.exact.values(), ...hosts.suffixes.values()])
      for (const { action } of routes) {
        const splitter = action.kind === "forward" ? splitters.get(action.splitKey) : undefined;
        if (action.kind === "forward" && splitter !== undefined) kept.set(action.splitKey, splitter);
      }
  return kept;
}
