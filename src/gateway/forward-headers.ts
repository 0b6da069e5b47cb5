// The headers that a forwarded request has at every attempt.

import type { IncomingMessage } from "node:http";
import { plainAddress } from "./client-request.ts";
import { edit, type HeaderList, upstreamHeaders } from "./headers.ts";
import type { NodeRequestView } from "./request-view.ts";
import { rewritesPath } from "./rewrite.ts";
import type { ForwardAction, HeaderEdits } from "./table.ts";

export interface ForwardHeaderInput {
  request: IncomingMessage;
  view: NodeRequestView;
  action: ForwardAction;
  route: HeaderEdits;
  destination: HeaderEdits;
}

/** Envoy's order: the destination's operations, then the route's; the authority of the route's level wins. */
export function forwardHeaders({ request, view, action, route, destination }: ForwardHeaderInput): HeaderList {
  const { rewrite } = action;
  const last = rewrite?.authority ?? route.authority;
  let list = upstreamHeaders({
    raw: request.rawHeaders,
    host: last ?? destination.authority ?? view.authority,
    scheme: view.scheme,
    remoteAddress: plainAddress(request.socket.remoteAddress),
    requestId: view.requestId,
  });
  const timeoutMs = Math.min(action.retry?.perTryTimeoutMs ?? Infinity, action.timeoutMs ?? Infinity);
  if (timeoutMs !== Infinity) list.push("x-envoy-expected-rq-timeout-ms", String(timeoutMs));
  list = edit(edit(list, destination.request), route.request);
  if (last !== undefined) list.push("x-envoy-original-host", destination.authority ?? view.authority);
  if (rewritesPath(rewrite, view.path)) list.push("x-envoy-original-path", view.target);
  return list;
}
