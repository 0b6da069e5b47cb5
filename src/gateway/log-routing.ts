// What the access log says about where a request went.

import type { IncomingMessage } from "node:http";
import { addressesOf, plainAddress } from "./client-request.ts";
import type { LiveCluster } from "./live-cluster.ts";
import type { NodeRequestView } from "./request-view.ts";
import type { Route } from "./table.ts";
import type { Upstream } from "./upstream.ts";

export interface Whereabouts {
  /** Undefined for a request that was refused before it was read. */
  view: NodeRequestView | undefined;
  route: Route | undefined;
  cluster: LiveCluster | undefined;
  upstream: Upstream | undefined;
}

export function logRouting(request: IncomingMessage, { view, route, cluster, upstream }: Whereabouts) {
  return {
    ...addressesOf(request),
    method: request.method!,
    path: view?.target ?? request.url!,
    authority: view?.authority ?? request.headers.host,
    forwardedFor: view === undefined ? undefined : forwardedFor(request),
    userAgent: request.headers["user-agent"],
    requestId: view?.requestId,
    upstreamHost: upstream?.endpoint.address,
    cluster: cluster?.cluster.key,
    routeName: route?.name ?? "",
  };
}

function forwardedFor(request: IncomingMessage): string {
  const before = request.headers["x-forwarded-for"];
  const own = plainAddress(request.socket.remoteAddress);
  return before === undefined ? own : `${String(before)},${own}`;
}
