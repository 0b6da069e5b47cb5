// One endpoint that requests are sent to: its connections and what is in flight. Lives as long as the endpoint is in the
// table; after that it takes no new request, idle connections close at once, and running ones finish.

import { createRequire } from "node:module";
import type { Dispatcher, Pool } from "undici";
import type { DestinationStats } from "./stats.ts";
import type { Endpoint, Transport } from "./table.ts";

// undici's index loads everything it has (fetch, caches, WebSocket: 90 ms); the pool alone is all that is needed.
const PoolOnly = createRequire(import.meta.url)("undici/lib/dispatcher/pool.js") as typeof Pool;

/** Istio's default for a cluster's connect_timeout. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Envoy's default idle timeout of upstream connections. A shorter hint by the server is obeyed. */
const IDLE_TIMEOUT_MS = 3_600_000;
/** The longest that Node's timers can do. */
const FOREVER_MS = 2 ** 31 - 1;

export class Upstream {
  readonly endpoint: Endpoint;
  readonly stats: DestinationStats;
  /** Attempts that have not ended. */
  inFlight = 0;
  readonly #pool: Pool;

  constructor(endpoint: Endpoint, stats: DestinationStats, transport?: Transport) {
    this.endpoint = endpoint;
    this.stats = stats;
    const idleTimeoutMs = (transport?.idleTimeoutMs ?? IDLE_TIMEOUT_MS) || FOREVER_MS;
    this.#pool = new PoolOnly(`http://${endpoint.dial}`, {
      ...(transport?.maxConnections === undefined ? {} : { connections: transport.maxConnections }),
      connect: { timeout: transport?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
      ...(transport?.maxRequestsPerConnection === undefined
        ? {}
        : { maxRequestsPerClient: transport.maxRequestsPerConnection }),
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(transport?.maxConnectionAgeMs === undefined ? {} : { clientTtl: transport.maxConnectionAgeMs }),
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
      maxHeaderSize: 61_440,
    });
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(options, handler);
  }

  /** No new requests come after this; resolves when the last one has ended. */
  async retire(): Promise<void> {
    await this.#pool.close();
  }

  /** Ends everything now. */
  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Equal keys are the same process: an address that a later pod got anew is another one. */
export function upstreamKey({ address, dial, pod }: Endpoint): string {
  return `${address} ${dial} ${pod ?? ""}`;
}
