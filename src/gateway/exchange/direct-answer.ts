// The answer of a route that does not forward.

import type { RequestView } from "../routing/match.ts";
import type { ForwardAction, Redirect, Route, RouteAction } from "../routing/table.ts";
import type { HeaderList } from "../wire/headers.ts";
import { hasLocation, httpsLocation, redirectLocation, SAME_PLACE } from "./rewrite.ts";

export interface DirectAnswer {
  code: number;
  body: Uint8Array | undefined;
  head: HeaderList;
}

export function directAnswer(
  action: Exclude<RouteAction, ForwardAction>,
  { path }: Route,
  view: RequestView,
): DirectAnswer {
  switch (action.kind) {
    case "redirect":
      return { code: action.redirect.code, body: undefined, head: locationOf(action.redirect, path, view) };
    case "https-redirect":
      return { code: 301, body: undefined, head: ["location", httpsLocation(view)] };
    case "direct": {
      const { status: code, body } = action;
      return { code, body, head: hasLocation(code) ? locationOf(SAME_PLACE, path, view) : [] };
    }
  }
}

function locationOf(redirect: Redirect, path: Route["path"], view: RequestView): HeaderList {
  return ["location", redirectLocation(redirect, path, view)];
}
