// Listeners of one Gateway that cannot be there together: the earlier one stays. istiod 1.31,
// pilot/pkg/config/kube/gatewaycommon/listener_conflict.go; https://gateway-api.sigs.k8s.io/api-types/gateway/

import type { ListenerSpec } from "./objects.ts";

/** By listener name: the reason. A listener that lost takes no place from a later one. */
export function listenerConflicts(listeners: readonly ListenerSpec[]): Map<string, string> {
  const conflicts = new Map<string, string>();
  const accepted: ListenerSpec[] = [];
  for (const listener of listeners) {
    const prior = accepted.find((each) => !areDistinct(each, listener));
    if (prior === undefined) accepted.push(listener);
    else conflicts.set(listener.name, reasonOf(prior, listener));
  }
  return conflicts;
}

const isPlain = ({ protocol }: ListenerSpec) => protocol === "TCP" || protocol === "UDP";
const hasHosts = ({ protocol }: ListenerSpec) => ["HTTP", "HTTPS", "TLS"].includes(protocol);

function areDistinct(a: ListenerSpec, b: ListenerSpec): boolean {
  if (a.port !== b.port) return true;
  if (isPlain(a) && (isPlain(b) || hasHosts(b))) return false;
  if (hasHosts(a) && isPlain(b)) return false;
  if (hasHosts(a) && hasHosts(b)) return (a.hostname ?? "*") !== (b.hostname ?? "*");
  return a.protocol !== b.protocol;
}

function reasonOf(a: ListenerSpec, b: ListenerSpec): string {
  return (isPlain(a) && isPlain(b)) || a.protocol !== b.protocol ? "ProtocolConflict" : "HostnameConflict";
}
