// One endpoint that requests are sent to: its connections and what is in flight. Lives as long as the endpoint is in the
// table; after that it takes no new request, idle connections close at once, and running ones finish.

import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { Endpoint, Transport, UpstreamProtocol } from "../routing/table.ts";
import type { UpstreamTls } from "../routing/tls-settings.ts";
import type { DestinationStats } from "../telemetry/stats.ts";
import type { HeaderList } from "../wire/headers.ts";
import { FOREVER_MS } from "../wire/idle-timer.ts";
import { UpstreamError } from "../wire/upstream-error.ts";
import { Http1Pool } from "./http1-pool.ts";
import { Http2Pool } from "./http2-pool.ts";
import { type Lane, type LaneDial, SecureLanes } from "./secure-lanes.ts";

/** Istio's default for a cluster's connect_timeout. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Envoy's default idle timeout of upstream connections. A shorter hint by the server is obeyed. */
const IDLE_TIMEOUT_MS = 3_600_000;

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
  tls: UpstreamTls | "unavailable" | undefined;
}

export class Upstream {
  readonly endpoint: Endpoint;
  readonly stats: DestinationStats;
  /** Attempts that have not ended. */
  inFlight = 0;
  readonly #protocol: UpstreamProtocol;
  /** Undefined where connections depend on the request: see secure-lanes.ts. */
  readonly #plain: Lane | undefined;
  readonly #secure: SecureLanes | undefined;

  constructor(endpoint: Endpoint, stats: DestinationStats, options: UpstreamOptions) {
    const { protocol, tls } = options;
    this.endpoint = endpoint;
    this.stats = stats;
    this.#protocol = protocol;
    if (tls === undefined) this.#plain = makeLane(endpoint.dial, options, undefined);
    else if (tls !== "unavailable")
      this.#secure = new SecureLanes(tls, (dial) => makeLane(endpoint.dial, options, dial));
  }

  speaksHttp2(client: "HTTP/1.1" | "HTTP/2"): boolean {
    return this.#protocol === "client" ? client === "HTTP/2" : this.#protocol === "http2";
  }

  /** One of HTTP/1.1 that the next request would get at once. */
  hasIdleConnection(headers: HeaderList): boolean {
    const lane = this.#plain ?? this.#secure?.laneOf(headers);
    return lane?.http1?.hasIdle === true;
  }

  dispatch(options: UpstreamRequest, handler: Dispatcher.DispatchHandler, http2: boolean): void {
    const lane = this.#plain ?? this.#secure?.laneOf(options.headers);
    if (lane === undefined) throw new UpstreamError({ kind: "tls", reason: "Secret is not supplied by SDS" });
    if (!http2) lane.http1!.dispatch(options, handler);
    // Envoy would need the upstream's leave (RFC 8441), which istiod has nobody ask for.
    else if (options.upgrade !== undefined) throw new UpstreamError({ kind: "protocol" });
    else lane.http2!.dispatch(options, handler);
  }

  /** No new requests come after this; resolves when the last one has ended. */
  async retire(): Promise<void> {
    await Promise.all(this.#lanes().map(({ http1, http2 }) => Promise.all([http1?.close(), http2?.close()])));
  }

  /** Ends everything now. */
  async destroy(): Promise<void> {
    await Promise.all(this.#lanes().map(({ http1, http2 }) => Promise.all([http1?.destroy(), http2?.destroy()])));
  }

  #lanes(): readonly Lane[] {
    return this.#plain === undefined ? (this.#secure?.all() ?? []) : [this.#plain];
  }
}

function makeLane(address: string, { protocol, transport }: UpstreamOptions, dial: LaneDial | undefined): Lane {
  return {
    http1: protocol === "http2" ? undefined : http1Pool(address, transport, dial),
    http2: protocol === "http1" ? undefined : http2Pool(address, transport, dial),
  };
}

function idleTimeoutMs(transport: Transport | undefined): number {
  return (transport?.idleTimeoutMs ?? IDLE_TIMEOUT_MS) || FOREVER_MS;
}

function http1Pool(address: string, transport: Transport | undefined, dial: LaneDial | undefined): Http1Pool {
  const place = placeOf(address);
  return new Http1Pool({
    ...place,
    ...(dial !== undefined && { dial: () => dial(place, undefined) }),
    connectTimeoutMs: transport?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs: idleTimeoutMs(transport),
    maxRequests: transport?.maxRequestsPerConnection ?? Infinity,
    maxAgeMs: transport?.maxConnectionAgeMs,
    maxConnections: transport?.maxConnections ?? Infinity,
  });
}

function http2Pool(address: string, transport: Transport | undefined, dial: LaneDial | undefined): Http2Pool {
  const place = placeOf(address);
  return new Http2Pool({
    ...place,
    ...(dial !== undefined && { dial: () => dial(place, "h2") }),
    connectTimeoutMs: transport?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    idleTimeoutMs: idleTimeoutMs(transport),
    maxStreams: transport?.maxStreams ?? MAX_STREAMS,
    maxCalls: transport?.maxRequestsPerConnection ?? Infinity,
    maxAgeMs: transport?.maxConnectionAgeMs,
    maxConnections: transport?.maxConnections ?? Infinity,
  });
}

function placeOf(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) };
}

/** Equal keys are the same process: an address that a later pod got anew is another one. */
export function upstreamKey({ address, dial, pod }: Endpoint): string {
  return `${address} ${dial} ${pod ?? ""}`;
}
