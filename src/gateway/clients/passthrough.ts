// A TLS connection that goes on as it is: the gateway has chosen by the name in the client's first message, and sees nothing else. One
// destination for each connection, by the route's weights; one attempt, and no time limit but the one for connecting, as Envoy's TCP
// proxy has it. When one side has no more to say the other may still go on.

import { connect, type Socket } from "node:net";
import type { Gate } from "../gate.ts";
import type { Split } from "../routing/table.ts";
import type { UpstreamTls } from "../routing/tls-settings.ts";
import type { HashedRequest } from "../upstreams/hash.ts";
import type { LiveCluster } from "../upstreams/live-cluster.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { secureDialer } from "../upstreams/upstream-tls.ts";
import { plainAddress } from "../wire/addresses.ts";

/** Istio's default for a cluster's connect_timeout. */
const CONNECT_TIMEOUT_MS = 10_000;

export function passThrough({ live, clock }: Gate, client: Socket, split: Split): void {
  const cluster = live.cluster(live.choose(split).clusterKey);
  const upstream = cluster?.pick(undefined, connectionView(client));
  if (cluster === undefined || upstream === undefined) return void client.destroy();
  const { transport, tls } = cluster.cluster;
  const timeoutMs = transport?.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  if (tls === "unavailable") return void client.destroy();
  admit(cluster, upstream, client, () => {
    const socket = dial(upstream, tls);
    const cancel = clock.after(timeoutMs, () => socket.destroy());
    let isConnected = false;
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      cancel();
      isConnected = true;
      cluster.observe(upstream, 200);
    });
    socket.once("close", () => {
      cancel();
      if (!isConnected) cluster.observe(upstream, 503);
    });
    join(client, socket);
  });
}

/** Runs `go` when the cluster's limits allow another connection; until the client's end it is one of those that are running. */
function admit({ admission }: LiveCluster, upstream: Upstream, client: Socket, go: () => void): void {
  const count = (by: 1 | -1) => {
    upstream.inFlight += by;
    upstream.stats.totals.inFlight += by;
  };
  count(1);
  const ticket = { host: upstream, isConnected: () => true, run: go };
  const isAdmitted = admission?.enter(ticket);
  client.once("close", () => {
    count(-1);
    if (isAdmitted === true) admission!.leave(ticket);
  });
  if (admission === undefined) go();
  else if (isAdmitted === false) client.destroy();
}

/** A rule that says TLS holds here, too: the client's own TLS goes inside. */
function dial({ endpoint: { dial: address } }: Upstream, tls: UpstreamTls | undefined): Socket {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(colon + 1));
  if (tls === undefined) return connect({ host, port, allowHalfOpen: true, noDelay: true });
  return secureDialer(tls)({ host, port, name: tls.serverName ?? "", protocol: undefined });
}

function join(client: Socket, upstream: Socket): void {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroySoon());
  }
}

/** For load balancing: of the whole connection only its ends are known. */
function connectionView({ remoteAddress, remotePort, localAddress, localPort }: Socket): HashedRequest {
  const clientAddress = plainAddress(remoteAddress);
  return {
    ...{ method: "", authority: "", scheme: "", path: "", query: "" },
    header: () => undefined,
    clientAddress,
    connection: `${clientAddress}:${remotePort}${plainAddress(localAddress)}:${localPort}`,
    cookie: undefined,
  };
}
