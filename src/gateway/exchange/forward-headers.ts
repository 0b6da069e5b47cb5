// The headers that a forwarded request has at every attempt.

import type { ForwardAction, HeaderEdits } from "../routing/table.ts";
import { plainAddress } from "../wire/addresses.ts";
import { edit, type HeaderList, upstreamHeaders } from "../wire/headers.ts";
import type { Downstream } from "./downstream.ts";
import { grpcTimeoutText } from "./grpc.ts";
import type { NodeRequestView } from "./request-view.ts";
import { rewritesPath } from "./rewrite.ts";

export interface ForwardHeaderInput {
  client: Downstream;
  view: NodeRequestView;
  action: ForwardAction;
  limits: { isGrpc: boolean; timeoutMs: number | undefined };
  route: HeaderEdits;
  destination: HeaderEdits;
}

/** Envoy's order: the destination's operations, then the route's; the authority of the route's level wins. */
export function forwardHeaders({ client, view, action, limits, route, destination }: ForwardHeaderInput): HeaderList {
  const { rewrite } = action;
  const last = rewrite?.authority ?? route.authority;
  let list = upstreamHeaders({
    raw: client.rawHeaders,
    host: last ?? destination.authority ?? view.authority,
    scheme: view.scheme,
    remoteAddress: plainAddress(client.ends.remoteAddress),
    requestId: view.requestId,
  });
  const { forwardedCertificate } = client.ends;
  if (forwardedCertificate !== undefined) list.push("x-forwarded-client-cert", forwardedCertificate);
  const timeoutMs = Math.min(action.retry?.perTryTimeoutMs ?? Infinity, limits.timeoutMs ?? Infinity);
  if (timeoutMs !== Infinity) list = announceTimeout(list, timeoutMs, limits.isGrpc);
  list = edit(edit(list, destination.request), route.request);
  if (last !== undefined) list.push("x-envoy-original-host", destination.authority ?? view.authority);
  if (rewritesPath(rewrite, view.path)) list.push("x-envoy-original-path", view.target);
  return list;
}

/** What the upstream has left; a gRPC server learns it as its deadline. */
function announceTimeout(list: HeaderList, timeoutMs: number, isGrpc: boolean): HeaderList {
  list.push("x-envoy-expected-rq-timeout-ms", String(timeoutMs));
  if (!isGrpc) return list;
  const deadline = { name: "grpc-timeout", value: grpcTimeoutText(timeoutMs), append: false };
  return edit(list, { remove: [], write: [deadline] });
}
