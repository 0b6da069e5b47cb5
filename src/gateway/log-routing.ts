// What the access log says about a request: what it was, where it went, and how it ended.

import type { AccessLogEntry } from "./access-log.ts";
import type { Account, Outcome } from "./account.ts";
import { plainAddress } from "./client-request.ts";
import type { Downstream } from "./downstream.ts";

export interface Ending extends Outcome {
  startMs: number;
  durationMs: number;
}

/** Every field is written out: spreading objects costs more than the line itself. */
export function logEntry(client: Downstream, account: Account, ending: Ending): AccessLogEntry {
  const { view, route, cluster, upstream, bytesReceived, bytesSent, upstreamMs } = account;
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
