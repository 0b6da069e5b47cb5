// A host of a plain-text server with `tls.httpsRedirect`: whatever is asked for, and whether there is a route for it or not, is to be
// asked for again at https.

import type { HeaderEdits, Route, VirtualHost } from "../routing/table.ts";
import { indexRoutes } from "./route-index.ts";

const NO_EDITS: HeaderEdits = { request: undefined, response: undefined, authority: undefined };

export function redirectingHost(domain: string): VirtualHost {
  const route: Route = {
    source: { namespace: "", name: "", http: 0, delegate: undefined, match: undefined },
    name: "",
    path: { kind: "any" },
    conditions: [],
    action: { kind: "https-redirect" },
    headers: NO_EDITS,
  };
  return { domain, routes: [route], index: indexRoutes([route]) };
}
