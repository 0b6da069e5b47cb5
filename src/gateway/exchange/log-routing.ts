// What the access log says about a request: what it was, where it went, and how it ended.

import type { Route } from "../routing/table.ts";
import type { AccessLogEntry } from "../telemetry/access-log.ts";
import type { LiveCluster } from "../upstreams/live-cluster.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { plainAddress } from "../wire/addresses.ts";
import type { Downstream } from "./downstream.ts";
import type { NodeRequestView } from "./request-view.ts";

export interface Outcome {
  /** 0: the client got none. */
  code: number;
  flags: string;
  /** Envoy's RESPONSE_CODE_DETAILS. */
  details: string;
  failure: string;
}

interface Ending extends Outcome {
  startMs: number;
  durationMs: number;
}

/** What was found out on the way. */
interface Passage {
  /** Undefined for a request that was refused before it was read. */
  view: NodeRequestView | undefined;
  route: Route | undefined;
  cluster: LiveCluster | undefined;
  upstream: Upstream | undefined;
  upstreamMs: number | undefined;
  bytesReceived: number;
  bytesSent: number;
}

/** Every field is written out: spreading objects costs more than the line itself. */
export function logEntry(client: Downstream, passage: Passage, ending: Ending): AccessLogEntry {
  const { view, route, cluster, upstream, bytesReceived, bytesSent, upstreamMs } = passage;
  const { ends } = client;
  return {
    startMs: ending.startMs,
    method: client.method,
    protocol: client.protocol,
    path: view?.target ?? client.target,
    code: ending.code,
    flags: ending.flags,
    details: ending.details,
    failure: ending.failure,
    bytesReceived,
    bytesSent,
    durationMs: ending.durationMs,
    upstreamMs,
    forwardedFor: view === undefined ? undefined : forwardedFor(client),
    userAgent: client.text("user-agent"),
    requestId: view?.requestId,
    authority: view?.authority ?? client.authority,
    upstreamHost: upstream?.endpoint.address,
    cluster: cluster?.cluster.key,
    localAddress: `${plainAddress(ends.localAddress)}:${ends.localPort}`,
    remoteAddress: `${plainAddress(ends.remoteAddress)}:${ends.remotePort}`,
    routeName: route?.name ?? "",
  };
}

function forwardedFor(client: Downstream): string {
  const before = client.text("x-forwarded-for");
  const own = plainAddress(client.ends.remoteAddress);
  return before === undefined ? own : `${before},${own}`;
}
