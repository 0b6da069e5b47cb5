// What the access log says about where a request went.

import { addressesOf, plainAddress } from "./client-request.ts";
import type { Downstream } from "./downstream.ts";
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

export function logRouting(client: Downstream, { view, route, cluster, upstream }: Whereabouts) {
  return {
    ...addressesOf(client.ends),
    method: client.method,
    protocol: client.protocol,
    path: view?.target ?? client.target,
    authority: view?.authority ?? client.authority,
    forwardedFor: view === undefined ? undefined : forwardedFor(client),
    userAgent: client.text("user-agent"),
    requestId: view?.requestId,
    upstreamHost: upstream?.endpoint.address,
    cluster: cluster?.cluster.key,
    routeName: route?.name ?? "",
  };
}

function forwardedFor(client: Downstream): string {
  const before = client.text("x-forwarded-for");
  const own = plainAddress(client.ends.remoteAddress);
  return before === undefined ? own : `${before},${own}`;
}
