// The answer of a route that does not forward.

import type { HeaderList } from "./headers.ts";
import type { RequestView } from "./match.ts";
import { hasLocation, redirectLocation, SAME_PLACE } from "./rewrite.ts";
import type { ForwardAction, Route, RouteAction } from "./table.ts";

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
  const [code, body, elsewhere] =
    action.kind === "redirect"
      ? [action.redirect.code, undefined, action.redirect]
      : [action.status, action.body, SAME_PLACE];
  return { code, body, head: hasLocation(code) ? ["location", redirectLocation(elsewhere, path, view)] : [] };
}
