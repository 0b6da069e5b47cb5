// Which cases a cluster cannot be asked, and why: they are named in the report, none is left out in silence.

import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import type { LiveCase } from "../case.ts";
import type { IngressPod } from "./ingress.ts";
import { namesSystem, SYSTEM } from "./own-names.ts";

export interface Possible {
  ingress: Pick<IngressPod, "namespace" | "servicePorts">;
  /** Gateway ports that can be reached. */
  ports: readonly number[];
  /** Threads of the gateway's Envoy. */
  workers: number;
  serves(apiVersion: string, kind: string): Promise<boolean>;
}

export async function whyLeftOut(
  { objects, requests }: LiveCase,
  { ingress, ports, workers, serves }: Possible,
): Promise<string | undefined> {
  const closed = requests.map((each) => each.port ?? 80).find((each) => !ports.includes(each));
  if (closed !== undefined) return `no address of Gateway port ${closed} was given`;
  if (ingress.namespace !== SYSTEM && namesSystem(objects))
    return `it names ${SYSTEM}, but the gateway runs in ${ingress.namespace}`;
  const countsConnections =
    requests.some(({ byConnection }) => byConnection === true) || has(objects, "connectionPool");
  if (workers > 1 && countsConnections)
    return `the gateway's Envoy has ${workers} threads, each with connections of its own: proxy.istio.io/config: '{"concurrency": 1}' at its pods lets it be asked`;
  const unknown = objects.flatMap(listenerPorts).find((each) => !ingress.servicePorts.includes(each));
  if (unknown !== undefined)
    return `the gateway's Service has no port ${unknown}, which a Gateway of Gateway API names`;
  for (const { apiVersion, kind } of objects)
    if (!(await serves(apiVersion, kind))) return `the cluster does not know ${kind} of ${apiVersion}`;
  return undefined;
}

function has(value: unknown, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return key in value || Object.values(value).some((each) => has(each, key));
}

function listenerPorts({ apiVersion, kind, spec }: KubeObject): number[] {
  if (kind !== "Gateway" || !apiVersion.startsWith("gateway.networking.k8s.io/")) return [];
  return (spec as { listeners: { port: number }[] }).listeners.map(({ port }) => port);
}
