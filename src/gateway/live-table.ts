// The table in use together with what moves: connections, positions in splits, round-robin cursors. A swap keeps all that
// still applies, so that neither an endpoint's coming nor a foreign route's change disturbs a split in the middle of a block.

import { type BalanceState, pickEndpoint, untried } from "./balance.ts";
import { hashKeyOf, hashOf, pickByHash } from "./hash.ts";
import { type Random, seededRandom } from "./random.ts";
import type { NodeRequestView } from "./request-view.ts";
import { Splitter } from "./split.ts";
import type { Stats } from "./stats.ts";
import type { Cluster, ForwardAction, HashPolicy, RouteTable, WeightedDestination } from "./table.ts";
import { Upstream, upstreamKey } from "./upstream.ts";

export class LiveCluster {
  readonly cluster: Cluster;
  readonly upstreams: readonly Upstream[];
  readonly #state: BalanceState;
  readonly #random: Random;

  constructor(cluster: Cluster, upstreams: readonly Upstream[], state: BalanceState, random: Random) {
    this.cluster = cluster;
    this.upstreams = upstreams;
    this.#state = state;
    this.#random = random;
  }

  get balanceState(): BalanceState {
    return this.#state;
  }

  /** Only when there are upstreams. `tried` are avoided where another is left. */
  pick(tried: readonly Upstream[] | undefined, _request: NodeRequestView): Upstream {
    return pickEndpoint(untried(this.upstreams, tried), this.cluster.balance, this.#state, this.#random);
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

  override pick(tried: readonly Upstream[] | undefined, request: NodeRequestView): Upstream {
    const { hash, cookie } = hashKeyOf(this.#hash, request, this.#random);
    if (cookie !== undefined) request.cookie = cookie;
    const candidates = untried(this.upstreams, tried);
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

export class LiveTable {
  readonly #stats: Stats;
  readonly #random: Random;
  readonly #onRetired: (upstream: Upstream, error: unknown) => void;
  #table: RouteTable = { ports: new Map(), clusters: new Map() };
  #clusters = new Map<string, LiveCluster>();
  #upstreams = new Map<string, Upstream>();
  #splitters = new Map<string, Splitter>();

  constructor(options: { stats: Stats; seed: number; onRetired?: (upstream: Upstream, error: unknown) => void }) {
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
        const id = `${upstreamKey(endpoint)} ${cluster.host}`;
        const known = upstreams.get(id) ?? this.#upstreams.get(id);
        const service = { host: cluster.host, ...cluster.service };
        const upstream = known ?? new Upstream(endpoint, this.#stats.of(endpoint.workload, service));
        upstreams.set(id, upstream);
        return upstream;
      });
      const state = this.#clusters.get(key)?.balanceState ?? { cursor: -1 };
      clusters.set(
        key,
        cluster.hash === undefined
          ? new LiveCluster(cluster, own, state, this.#random)
          : new HashedCluster(cluster.hash, cluster, own, state, this.#random),
      );
    }
    const gone = [...this.#upstreams].filter(([id]) => !upstreams.has(id)).map(([, upstream]) => upstream);
    this.#table = table;
    this.#clusters = clusters;
    this.#upstreams = upstreams;
    this.#splitters = keptSplitters(this.#splitters, table);
    for (const upstream of gone) upstream.retire().catch((error: unknown) => this.#onRetired(upstream, error));
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
