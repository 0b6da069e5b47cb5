// The ingress gateway that a cluster has: found by its labels, with its ports as istiod resolves them.

import { PODS, SERVICES } from "../../../src/core/kubernetes/resource.ts";
import type { Pod, Service } from "../../../src/core/kubernetes/workload.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";

export interface IngressPod {
  name: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  /** Of the proxy's image: Istio's version. */
  version: string;
  /** The ports of the pod by those of Gateways. */
  podPorts: ReadonlyMap<number, number>;
  /** Ports of the Services that select it: only these can be named by a Gateway of Gateway API. */
  servicePorts: readonly number[];
}

/** `selector` in query form: istio=ingressgateway. One pod of several is taken: all get the same configuration. */
export async function findIngress(
  cluster: Cluster,
  selector: string,
  gatewayPorts: readonly number[],
): Promise<IngressPod> {
  const { items } = await cluster.list<Pod>(PODS, { labelSelector: selector });
  const ready = items.filter(isReady).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];
  if (ready === undefined)
    throw new Error(
      `no pod with the labels ${selector} is ready (${items.length} exist): install Istio with its ingress gateway, or name the labels of yours with --gateway-labels`,
    );
  const { name, namespace = "", labels = {} } = ready.metadata;
  const { items: services } = await cluster.list<Service>(SERVICES, { namespace });
  const image = ready.spec.containers.find((each) => each.name === "istio-proxy")?.image ?? "";
  return {
    name,
    namespace,
    labels,
    version: /:([^:@/]+)(@.*)?$/.exec(image)?.[1] ?? "unknown",
    podPorts: new Map(gatewayPorts.map((port) => [port, podPortOf(port, ready, services)])),
    servicePorts: services
      .filter(({ spec }) => selects(spec.selector, labels))
      .flatMap(({ spec }) => (spec.ports ?? []).map(({ port }) => port)),
  };
}

function isReady({ metadata, status }: Pod): boolean {
  const conditions = status?.conditions ?? [];
  return (
    metadata.deletionTimestamp === undefined &&
    conditions.some((each) => each.type === "Ready" && each.status === "True")
  );
}

/** As istiod does for Gateways with a selector: the target port of the first Service that has the port, else the port itself. */
export function podPortOf(port: number, pod: Pick<Pod, "metadata" | "spec">, services: readonly Service[]): number {
  for (const { spec } of services) {
    const found = spec.ports?.find((each) => each.port === port);
    if (found === undefined || !selects(spec.selector, pod.metadata.labels)) continue;
    const { targetPort = port } = found;
    if (typeof targetPort === "number") return targetPort;
    const named = pod.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort);
    if (named !== undefined) return named.containerPort;
  }
  return port;
}

export function selects(
  selector: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
