// Servers of Istio's Gateways and of Gateway API's listeners, together: they share the ports.

import { compileGateways } from "../compile/compile-gateways.ts";
import type { ServerTemplate } from "../compile/server-template.ts";
import type { Problem } from "../routing/table.ts";
import type { World } from "../world.ts";
import type { GatewayApiCompilation } from "./compile-gateway-api.ts";
import { isListener } from "./internal-name.ts";

export interface ServedGatewayApi extends GatewayApiCompilation {
  /** By internal name: why a listener is not open, or not wholly. */
  listenerProblems: ReadonlyMap<string, string[]>;
}

export function serversOf(
  world: World,
  { istioGateways }: GatewayApiCompilation,
): { servers: ServerTemplate[]; problems: Problem[]; listenerProblems: Map<string, string[]> } {
  const { servers, problems } = compileGateways({ ...world, gateways: [...world.gateways, ...istioGateways] });
  const listenerProblems = new Map<string, string[]>();
  for (const { namespace, name, message } of problems.filter(isOfListener)) {
    const key = `${namespace}/${name}`;
    listenerProblems.set(key, [...(listenerProblems.get(key) ?? []), message.replace(/^spec\.servers\[0\]\./, "")]);
  }
  return { servers, problems: problems.filter((each) => !isOfListener(each)), listenerProblems };
}

function isOfListener({ kind, name }: Problem): boolean {
  return kind === "Gateway" && isListener(name);
}
