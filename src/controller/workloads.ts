// Facts about the two Deployments: how many endpoints are ready behind the route's Service, and what their pods are made from.

import { matchesSelector } from "../core/kubernetes/selector.ts";
import type { WorkloadFacts } from "../core/rollout/observation.ts";
import type { KeptDeployment, KeptSlice } from "./kept.ts";
import { serviceOf, type Watches } from "./watches.ts";

/** `host` is the route's; without one (nothing resolved yet) the Deployment's own count of ready pods is taken. */
export function workloadFacts(
  watches: Watches,
  namespace: string,
  names: readonly string[],
  host: string | undefined,
): Record<string, WorkloadFacts> {
  const facts: Record<string, WorkloadFacts> = {};
  for (const name of names) {
    const deployment = watches.deployments.get({ namespace, name });
    if (deployment !== undefined) facts[name] = factsOf(watches, deployment, host);
  }
  return facts;
}

/** The slices of the Service that a route's host names. */
export function slicesOf(watches: Watches, namespace: string, host: string): KeptSlice[] {
  const service = host.split(".")[0];
  return watches.slices
    .list()
    .filter((slice) => slice.metadata.namespace === namespace && serviceOf(slice) === service);
}

function factsOf(watches: Watches, deployment: KeptDeployment, host: string | undefined): WorkloadFacts {
  const { metadata, spec, status, templateHash } = deployment;
  const replicas = spec.replicas ?? 1;
  const current = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const updated = status.updatedReplicas ?? 0;
  return {
    name: metadata.name,
    replicas,
    ready: host === undefined ? (status.readyReplicas ?? 0) : readyEndpoints(watches, deployment, host),
    settled: current && updated >= replicas && (status.replicas ?? 0) === updated,
    templateHash,
  };
}

function readyEndpoints(watches: Watches, { metadata, spec }: KeptDeployment, host: string): number {
  const namespace = metadata.namespace ?? "";
  const pods = new Set<string>();
  for (const { endpoints } of slicesOf(watches, namespace, host))
    for (const { conditions, targetRef } of endpoints) {
      if (conditions?.ready === false || conditions?.terminating === true || targetRef?.kind !== "Pod") continue;
      const labels = watches.pods.get({ namespace, name: targetRef.name })?.metadata.labels;
      if (labels !== undefined && matchesSelector(spec.selector, labels)) pods.add(targetRef.name);
    }
  return pods.size;
}
