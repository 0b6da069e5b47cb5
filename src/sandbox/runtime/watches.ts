// The runtime's copy of the cluster: what it reads decisions from.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  PODS,
  REPLICA_SETS,
  type Resource,
  SERVICES,
} from "../../core/kubernetes/resource.ts";
import type { Deployment, EndpointSlice, Pod, ReplicaSet, Service } from "../../core/kubernetes/workload.ts";
import { Informer } from "../../informer/informer.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";

export interface Watches {
  deployments: Informer<Deployment>;
  replicaSets: Informer<ReplicaSet>;
  pods: Informer<Pod>;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
}

export interface WatchesOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
}

export function openWatches(options: WatchesOptions): Watches {
  const open = <T extends KubeObject>(resource: Resource) => new Informer<T>({ ...options, resource });
  return {
    deployments: open<Deployment>(DEPLOYMENTS),
    replicaSets: open<ReplicaSet>(REPLICA_SETS),
    pods: open<Pod>(PODS),
    services: open<Service>(SERVICES),
    slices: open<EndpointSlice>(ENDPOINT_SLICES),
  };
}

/** Resolves when all copies are filled. They are kept up to date until the signal aborts. */
export async function startWatches(watches: Watches, signal: AbortSignal): Promise<void> {
  const all: Informer<never>[] = Object.values(watches);
  for (const informer of all) void informer.start(signal);
  await Promise.all(all.map(({ synced }) => synced));
}

export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

export function fromKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function controllerOf(object: KubeObject) {
  return object.metadata.ownerReferences?.find(({ controller }) => controller);
}
