// What a Deployment says about its ReplicaSets: which one carries the present template, which revision each is, and what
// the next one looks like.

import type { OwnerReference } from "../../../core/kubernetes/object.ts";
import type { Deployment, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { fencepostsOf, wantedReplicas } from "./fenceposts.ts";
import { POD_TEMPLATE_HASH, sameTemplate, templateHash } from "./template-hash.ts";

export const REVISION = "deployment.kubernetes.io/revision";
export const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";

// Annotations that describe the Deployment object itself; the ReplicaSet has its own or none.
const NOT_COPIED = new Set([
  REVISION,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
]);

export interface Sets {
  /** The ReplicaSet with the Deployment's present template, if there is one. */
  current: ReplicaSet | undefined;
  /** All others, oldest first. */
  old: ReplicaSet[];
  all: ReplicaSet[];
}

export function sortSets(deployment: Deployment, owned: ReplicaSet[]): Sets {
  const all = [...owned].sort(byAge);
  const current = all.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  return { current, old: all.filter((set) => set !== current), all };
}

/** The revision that the present template has or will have: one above all older ones. */
export function revisionOf({ current, old }: Sets): number {
  const above = Math.max(0, ...old.map(revisionNumber)) + 1;
  return Math.max(above, current === undefined ? 0 : revisionNumber(current));
}

export function revisionNumber(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** The annotations that a ReplicaSet carries so that a later scaling can be shared in proportion. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = wantedReplicas(deployment);
  return { [DESIRED_REPLICAS]: String(wanted), [MAX_REPLICAS]: String(wanted + fencepostsOf(deployment).maxSurge) };
}

/** What a Deployment says of itself its present ReplicaSet says too: the cause of a change shows in the history. */
export function copiedAnnotations(deployment: Deployment): Record<string, string> {
  const entries = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => !NOT_COPIED.has(key)));
}

/** The ReplicaSet for the present template, before it exists. */
export function newReplicaSet(deployment: Deployment, revision: number, replicas: number): ReplicaSet {
  const { namespace, name } = deployment.metadata;
  const hash = templateHash(deployment.spec.template, collisionsOf(deployment));
  const template = structuredClone(deployment.spec.template);
  const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH]: hash };
  const selector = structuredClone(deployment.spec.selector);
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...copiedAnnotations(deployment),
        ...sizeAnnotations(deployment),
        [REVISION]: String(revision),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

export function controllerReference(owner: {
  apiVersion: string;
  kind: string;
  metadata: { name: string; uid?: string };
}): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

function collisionsOf(deployment: Deployment): number {
  const status = deployment.status as { collisionCount?: number } | undefined;
  return status?.collisionCount ?? 0;
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [timeA, timeB] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return revisionNumber(a) - revisionNumber(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
