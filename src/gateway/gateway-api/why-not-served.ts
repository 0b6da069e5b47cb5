// Whether a route of Gateway API is in force: for those who wait for their change to take effect.

import type { Resource } from "../../core/kubernetes/resource.ts";
import type { ServedGatewayApi } from "./servers.ts";

/** `key` is `namespace/name`. Undefined: it is served, or it is nothing that could be. */
export function whyNotServed(
  { routes, istioGateways }: ServedGatewayApi,
  { kind }: Resource,
  key: string,
): string | undefined {
  const route = routes.find(
    ({ object }) => object.kind === kind && `${object.metadata.namespace ?? "default"}/${object.metadata.name}` === key,
  );
  if (route === undefined) return undefined;
  const { bindings, refusal, finding, rules } = route;
  if (bindings.length === 0) return "no Gateway of class istio is among its parentRefs";
  if (bindings.every(({ denied }) => denied !== undefined))
    return [...new Set(bindings.map(({ denied }) => denied!.message))].join("; ");
  const why = refusal ?? (rules.length === 0 ? finding?.message : undefined);
  if (why !== undefined) return why;
  const open = new Set(istioGateways.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const isOpen = bindings.some(({ denied, parent }) => denied === undefined && open.has(parent?.internalName ?? ""));
  return isOpen ? undefined : "no listener that it is bound to is open";
}
