// A converted route, compiled as a VirtualService's is, and then what istiod does otherwise for Gateway API: prefixes end at path elements,
// "/" as a prefix's replacement takes it away, and a backend without a cluster is answered 500.

import type { ActionTemplate } from "../compile/compile-action.ts";
import { compileHttp, type HttpTemplate } from "../compile/compile-virtual-service.ts";
import type { PathMatch } from "../routing/conditions.ts";
import type { RouteObject } from "./objects.ts";
import type { ConvertedRoute } from "./rules.ts";

/** `problems` are what Envoy, not istiod, would stumble over. */
export function asHttpTemplate(
  { route, rule, match }: ConvertedRoute,
  { kind, metadata }: RouteObject,
  problems: string[],
): HttpTemplate {
  const { name, namespace = "default" } = metadata;
  const complain = (_: string, message: string) => void problems.push(inOwnWords(message, match));
  const template = compileHttp(route, `spec.rules[${rule}]`, namespace, complain);
  const matches = template.matches.map((each) => ({ ...each, path: byElements(each.path) }));
  return {
    ...template,
    position: rule,
    origin: { kind: kind as "HTTPRoute" | "GRPCRoute", namespace, name, match },
    matches,
    action: strict(template.action, matches[0]?.path),
  };
}

function byElements(path: PathMatch): PathMatch {
  if (path.kind !== "prefix") return path;
  return { kind: "elements", value: path.value.replace(/\/$/, ""), field: path.field };
}

function strict(action: ActionTemplate, path: PathMatch | undefined): ActionTemplate {
  if (action.kind !== "forward") return action;
  const { rewrite } = action;
  if (rewrite?.prefix !== "/") return { ...action, missingClusterStatus: 500 };
  const prefix = path?.kind === "elements" ? path.value : "";
  const regex = {
    text: `${prefix} -> /`,
    replace: (text: string) => `/${text.slice(prefix.length).replace(/^\//, "")}`,
  };
  return { ...action, missingClusterStatus: 500, rewrite: { ...rewrite, prefix: undefined, regex } };
}

/** Fields as a rule has them, not as the VirtualService that it became. */
function inOwnWords(message: string, match: number | undefined): string {
  const at = `matches[${match ?? 0}]`;
  return message
    .replaceAll(/match\[0\]\.uri\.(regex|exact|prefix)/g, `${at}.path.value`)
    .replaceAll(/match\[0\]\.(headers|queryParams)\["([^"]*)"\]\.(regex|exact)/g, `${at}.$1 $2`)
    .replaceAll(/\.headers\.(request|response)\.(set|add|remove)/g, ".filters.$1HeaderModifier.$2")
    .replaceAll(/\.route\[(\d+)\]/g, ".backendRefs[$1]");
}
