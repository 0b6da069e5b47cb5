// One cluster of the table in use together with what moves: whose turn it is, who is ejected or warming up, how much is running.

import type { Random } from "../random.ts";
import type { Cluster, HashPolicy, WarmUp } from "../routing/table.ts";
import type { Admission } from "./admission.ts";
import { type BalanceState, pickEndpoint, untried } from "./balance.ts";
import { type HashedRequest, hashKeyOf, hashOf, pickByHash } from "./hash.ts";
import type { Outliers } from "./outlier.ts";
import type { RetryLimit } from "./retry-limit.ts";
import type { Turns } from "./turns.ts";
import type { Upstream } from "./upstream.ts";
import { warmShare } from "./warm-up.ts";

export class LiveCluster {
  readonly cluster: Cluster;
  readonly upstreams: readonly Upstream[];
  /** Undefined where connections are not limited. */
  admission: Admission | undefined;
  /** Undefined where nobody is ejected. */
  outliers: Outliers<Upstream> | undefined;
  /** Undefined where as many retries may run as like. */
  retryLimit: RetryLimit | undefined;
  readonly #state: BalanceState<Upstream>;
  readonly #random: Random;
  readonly #monotonicMs: () => number;

  constructor(
    cluster: Cluster,
    upstreams: readonly Upstream[],
    state: BalanceState<Upstream>,
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

  get running(): number {
    return this.upstreams.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  get balanceState(): BalanceState<Upstream> {
    return this.#state;
  }

  /** Undefined when there is none. `tried` are avoided where another is left. */
  pick(tried: readonly Upstream[] | undefined, request: HashedRequest): Upstream | undefined {
    const available = this.outliers?.available(this.upstreams, this.#monotonicMs()) ?? this.upstreams;
    if (available.length === 0) return undefined;
    return this.choose(untried(available, tried), request);
  }

  protected choose(candidates: readonly Upstream[], _request: HashedRequest): Upstream {
    return pickEndpoint(candidates, this.cluster.balance, this.#state, this.#random);
  }

  avoids(previous: boolean | "unless-hashed"): boolean {
    return previous !== false;
  }
}

/** One whose requests stay with an endpoint. */
export class HashedCluster extends LiveCluster {
  readonly #hash: HashPolicy;
  readonly #random: Random;
  readonly #hashes: ReadonlyMap<Upstream, number>;

  constructor(hash: HashPolicy, ...rest: ConstructorParameters<typeof LiveCluster>) {
    super(...rest);
    this.#hash = hash;
    this.#random = rest[3];
    this.#hashes = new Map(this.upstreams.map((each) => [each, hashOf(each.endpoint.address)]));
  }

  protected override choose(candidates: readonly Upstream[], request: HashedRequest): Upstream {
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

/** One whose new endpoints get their full share little by little. */
export class WarmingCluster extends LiveCluster {
  readonly #warmUp: WarmUp;
  readonly #bornMs: ReadonlyMap<Upstream, number>;
  readonly #allWarmMs: number;
  readonly #turns: Turns<Upstream>;
  readonly #monotonicMs: () => number;

  constructor(
    { warmUp, bornMs }: { warmUp: WarmUp; bornMs: ReadonlyMap<Upstream, number> },
    ...rest: ConstructorParameters<typeof LiveCluster>
  ) {
    super(...rest);
    this.#warmUp = warmUp;
    this.#bornMs = bornMs;
    this.#allWarmMs = Math.max(...bornMs.values()) + warmUp.windowMs;
    this.#turns = rest[2].turns;
    this.#monotonicMs = rest[4];
  }

  protected override choose(candidates: readonly Upstream[], request: HashedRequest): Upstream {
    const nowMs = this.#monotonicMs();
    if (candidates.length === 1 || nowMs >= this.#allWarmMs) return super.choose(candidates, request);
    const idlest = this.cluster.balance === "least_request";
    return this.#turns.next(candidates, (each) => {
      const share = warmShare(this.#warmUp, nowMs - this.#bornMs.get(each)!);
      return idlest ? share / (each.inFlight + 1) : share;
    });
  }
}
