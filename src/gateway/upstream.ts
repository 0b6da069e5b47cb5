// One endpoint that requests are sent to: its connections and what is in flight. Lives as long as the endpoint is in the
// table; after that it takes no new request, idle connections close at once, and running ones finish.

import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import type { Dispatcher, Pool } from "undici";
import type { HeaderList } from "./headers.ts";
import { Http2Pool } from "./http2-pool.ts";
import type { DestinationStats } from "./stats.ts";
import type { Endpoint, Transport, UpstreamProtocol } from "./table.ts";
import { UpstreamError } from "./upstream-error.ts";

// undici's index loads everything it has (fetch, caches, WebSocket: 90 ms); the pool alone is all that is needed.
const PoolOnly = createRequire(import.meta.url)("undici/lib/dispatcher/pool.js") as typeof Pool;

/** Istio's default for a cluster's connect_timeout. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Envoy's default idle timeout of upstream connections. A shorter hint by the server is obeyed. */
const IDLE_TIMEOUT_MS = 3_600_000;
/** The longest that Node's timers can do. */
const FOREVER_MS = 2 ** 31 - 1;

/** Envoy's default for both sides of HTTP/2. */
const MAX_STREAMS = 1_024;

/** What undici takes, and what HTTP/2 needs beside it. */
export interface UpstreamRequest {
  path: string;
  method: string;
  scheme: "http" | "https";
  headers: HeaderList;
  body: Readable | null;
  trailers: () => HeaderList | undefined;
  reset: boolean;
  upgrade: string | undefined;
}

export interface UpstreamOptions {
  protocol: UpstreamProtocol;
  transport: Transport | undefined;
}

export class Upstream {
  readonly endpoint: Endpoint;
  readonly stats: DestinationStats;
  /** Attempts that have not ended. */
  inFlight = 0;
  readonly #protocol: UpstreamProtocol;
  readonly #http1: Pool | undefined;
  readonly #http2: Http2Pool | undefined;

  constructor(endpoint: Endpoint, stats: DestinationStats, { protocol, transport }: UpstreamOptions) {
    this.endpoint = endpoint;
    this.stats = stats;
    this.#protocol = protocol;
    this.#http1 = protocol === "http2" ? undefined : http1Pool(endpoint.dial, transport);
    this.#http2 = protocol === "http1" ? undefined : http2Pool(endpoint.dial, transport);
  }

  speaksHttp2(client: "HTTP/1.1" | "HTTP/2"): boolean {
    return this.#protocol === "client" ? client === "HTTP/2" : this.#protocol === "http2";
  }

  dispatch(options: UpstreamRequest, handler: Dispatcher.DispatchHandler, http2: boolean): void {
    if (!http2) this.#http1!.dispatch(options, handler);
    // Envoy would need the upstream's leave (RFC 8441), which istiod has nobody ask for.
    else if (options.upgrade !== undefined) throw new UpstreamError({ kind: "protocol" });
    else this.#http2!.dispatch(options, handler);
  }

  /** No new requests come after this; resolves when the last one has ended. */
  async retire(): Promise<void> {
    await Promise.all([this.#http1?.close(), this.#http2?.close()]);
  }

  /** Ends everything now. */
  async destroy(): Promise<void> {
    await Promise.all([this.#http1?.destroy(), this.#http2?.destroy()]);
  }
}

function idleTimeoutMs(transport: Transport | undefined): number {
  return (transport?.idleTimeoutMs ?? IDLE_TIMEOUT_MS) || FOREVER_MS;
}

function http1Pool(dial: string, transport: Transport | undefined): Pool {
  return new PoolOnly(`http://${dial}`, {
    ...(transport?.maxConnections === undefined ? {} : { connections: transport.maxConnections }),
    connect: { timeout: transport?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
    ...(transport?.maxRequestsPerConnection === undefined
      ? {}
      : { maxRequestsPerClient: transport.maxRequestsPerConnection }),
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(transport?.maxConnectionAgeMs === undefined ? {} : { clientTtl: transport.maxConnectionAgeMs }),
    keepAliveTimeout: idleTimeoutMs(transport),
    keepAliveMaxTimeout: idleTimeoutMs(transport),
    maxHeaderSize: 61_440,
  });
}

function http2Pool(dial: string, transport: Transport | undefined): Http2Pool {
  const { hostname, port } = new URL(`http://${dial}`);
  return new Http2Pool({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 80),
    connectTimeoutMs: transport?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs: idleTimeoutMs(transport),
    maxStreams: transport?.maxStreams ?? MAX_STREAMS,
    maxCalls: transport?.maxRequestsPerConnection ?? Infinity,
    maxAgeMs: transport?.maxConnectionAgeMs,
    maxConnections: transport?.maxConnections ?? Infinity,
  });
}

/** Equal keys are the same process: an address that a later pod got anew is another one. */
export function upstreamKey({ address, dial, pod }: Endpoint): string {
  return `${address} ${dial} ${pod ?? ""}`;
}
