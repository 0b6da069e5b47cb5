// Endpoints that may receive requests now: ready, serving, not terminating. A pod that is being deleted is out at once, even
// before its slice says so: between the two a request could reach a process that has begun to end.

import { type Pod, SANDBOX_DIAL_ANNOTATION, type Endpoint as SliceEndpoint } from "../../core/kubernetes/workload.ts";
import type { Endpoint, Workload } from "../routing/table.ts";
import type { World } from "../world.ts";

export interface ReadyEndpoint {
  endpoint: Endpoint;
  pod: Pod | undefined;
}

/** Finds the endpoints of a Service's port. */
export function endpointsByService(
  world: World,
): (namespace: string, service: string, portName: string) => ReadyEndpoint[] {
  const pods = new Map(world.pods.map((pod) => [`${pod.metadata.namespace ?? "default"}/${pod.metadata.name}`, pod]));
  const byPort = new Map<string, Map<string, ReadyEndpoint>>();
  for (const slice of world.endpointSlices) {
    const service = slice.metadata.labels?.["kubernetes.io/service-name"];
    const { namespace = "default" } = slice.metadata;
    if (service === undefined) continue;
    for (const { name: portName = "", port } of slice.ports ?? []) {
      if (port === undefined) continue;
      const key = `${namespace}/${service}/${portName}`;
      const list = byPort.get(key) ?? new Map<string, ReadyEndpoint>();
      byPort.set(key, list);
      for (const each of slice.endpoints ?? [])
        for (const ready of readyEndpoints(each, port, namespace, pods)) list.set(ready.endpoint.address, ready);
    }
  }
  return (namespace, service, portName) => {
    const found = byPort.get(`${namespace}/${service}/${portName}`);
    return found === undefined
      ? []
      : [...found.values()].sort((a, b) => (a.endpoint.address < b.endpoint.address ? -1 : 1));
  };
}

function readyEndpoints(
  { addresses, conditions = {}, targetRef }: SliceEndpoint,
  port: number,
  namespace: string,
  pods: ReadonlyMap<string, Pod>,
): ReadyEndpoint[] {
  // An absent `ready` is to be read as true: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
  if (conditions.ready === false || conditions.serving === false || conditions.terminating === true) return [];
  const pod = targetRef?.kind === "Pod" ? pods.get(`${targetRef.namespace ?? namespace}/${targetRef.name}`) : undefined;
  if (pod?.metadata.deletionTimestamp !== undefined) return [];
  if (
    pod !== undefined &&
    targetRef?.uid !== undefined &&
    pod.metadata.uid !== undefined &&
    pod.metadata.uid !== targetRef.uid
  )
    return [];
  const workload = workloadOf(pod, namespace);
  return addresses.map((ip) => {
    const address = ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
    const dial = dialOf(pod, port) ?? address;
    return { endpoint: { address, dial, pod: pod?.metadata.name, workload }, pod };
  });
}

function dialOf(pod: Pod | undefined, port: number): string | undefined {
  const text = pod?.metadata.annotations?.[SANDBOX_DIAL_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    return (JSON.parse(text) as Record<string, string>)[String(port)];
  } catch {
    return undefined;
  }
}

/** The names that Istio's telemetry gives a pod. */
function workloadOf(pod: Pod | undefined, namespace: string): Workload {
  const label = (...keys: string[]) =>
    keys.map((key) => pod?.metadata.labels?.[key]).find((value) => value !== undefined);
  const name = pod === undefined ? "unknown" : workloadName(pod);
  return {
    name,
    namespace: pod?.metadata.namespace ?? namespace,
    app: label("app") ?? "unknown",
    version: label("version") ?? "unknown",
    canonicalService: label("service.istio.io/canonical-name", "app.kubernetes.io/name", "app") ?? name,
    canonicalRevision: label("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version") ?? "latest",
  };
}

/** A Deployment's name is its ReplicaSet's without the template hash. */
function workloadName({ metadata }: Pod): string {
  const owner = metadata.ownerReferences?.find((each) => each.controller === true);
  const suffix = `-${metadata.labels?.["pod-template-hash"]}`;
  if (owner?.kind === "ReplicaSet" && owner.name.endsWith(suffix)) return owner.name.slice(0, -suffix.length);
  return owner?.name ?? metadata.name;
}
