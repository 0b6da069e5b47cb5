// Which addresses stand behind a Service: one EndpointSlice per set of resolved ports, since a named targetPort may mean
// different numbers in different pods. https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/

import { matchesSelector } from "../../../core/kubernetes/selector.ts";
import type { Endpoint, EndpointSlice, Pod, Service } from "../../../core/kubernetes/workload.ts";
import { hasEnded, isReady } from "../pod/read.ts";

export type SliceContent = Required<Pick<EndpointSlice, "addressType" | "endpoints" | "ports">>;

/** `pods`: all pods of the Service's namespace. Empty when the Service has no selector: its slices are someone else's. */
export function computeSlices(service: Service, pods: Pod[]): SliceContent[] {
  const selector = service.spec.selector ?? {};
  if (Object.keys(selector).length === 0 || service.spec.type === "ExternalName") return [];
  const byPorts = new Map<string, SliceContent>();
  for (const pod of pods.filter((each) => isBehind(each, selector)).sort(byName)) {
    const ports = portsFor(service, pod);
    const key = JSON.stringify(ports);
    const slice = byPorts.get(key) ?? { addressType: "IPv4", endpoints: [], ports };
    slice.endpoints.push(endpointOf(service, pod));
    byPorts.set(key, slice);
  }
  if (byPorts.size === 0) return [{ addressType: "IPv4", endpoints: [], ports: [] }];
  return [...byPorts.values()];
}

function isBehind(pod: Pod, selector: Record<string, string>): boolean {
  if (hasEnded(pod) || (pod.status?.podIP ?? "") === "") return false;
  return matchesSelector({ matchLabels: selector }, pod.metadata.labels);
}

/** A terminating pod is not ready, whatever its probe says; `serving` keeps what the probe says. */
function endpointOf(service: Service, pod: Pod): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const evenUnready = service.spec["publishNotReadyAddresses" as keyof Service["spec"]] === (true as never);
  return {
    addresses: [pod.status!.podIP!],
    conditions: { ready: evenUnready || (serving && !terminating), serving, terminating },
    nodeName: pod.spec.nodeName,
    targetRef: {
      kind: "Pod",
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  };
}

type SlicePort = NonNullable<EndpointSlice["ports"]>[number];

function portsFor(service: Service, pod: Pod): SlicePort[] {
  return (service.spec.ports ?? []).flatMap(({ name, port, targetPort = port, protocol = "TCP" }) => {
    const number = typeof targetPort === "number" ? targetPort : namedPort(pod, targetPort);
    return number === undefined ? [] : [{ name: name ?? "", port: number, protocol }];
  });
}

function namedPort(pod: Pod, wanted: string): number | undefined {
  const ports = pod.spec.containers.flatMap(({ ports = [] }) => ports);
  return ports.find(({ name }) => name === wanted)?.containerPort;
}

function byName(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
