// How many pods a ReplicaSet lacks, and which ones go when it has too many: the least useful first, as Kubernetes ranks
// them (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset).

import { matchesSelector } from "../../../core/kubernetes/selector.ts";
import type { Pod, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { isActive, isReady, readySince, restartsOf } from "../pod/read.ts";

export interface PodPlan {
  create: number;
  remove: Pod[];
  /** Pods without a controller that the selector matches. */
  adopt: Pod[];
  /** Own pods whose labels no longer match. */
  release: Pod[];
}

/** `pods`: all pods of the namespace. */
export function planPods(set: ReplicaSet, pods: Pod[]): PodPlan {
  const matching = (pod: Pod) => matchesSelector(set.spec.selector, pod.metadata.labels);
  const living = pods.filter((pod) => isActive(pod));
  const owned = living.filter((pod) => ownerUid(pod) === set.metadata.uid);
  const kept = owned.filter(matching);
  const adopt = living.filter((pod) => ownerUid(pod) === undefined && matching(pod));
  const excess = kept.length + adopt.length - (set.spec.replicas ?? 1);
  return {
    create: Math.max(0, -excess),
    remove: excess > 0 ? leastUsefulFirst([...kept, ...adopt]).slice(0, excess) : [],
    adopt,
    release: owned.filter((pod) => !matching(pod)),
  };
}

/** The uid of the controller that owns the pod. */
function ownerUid(pod: Pod): string | undefined {
  return pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
}

export function leastUsefulFirst(pods: Pod[]): Pod[] {
  return [...pods].sort(
    (a, b) =>
      rank(isScheduled(a)) - rank(isScheduled(b)) ||
      PHASE_RANK[a.status?.phase ?? "Pending"] - PHASE_RANK[b.status?.phase ?? "Pending"] ||
      rank(isReady(a)) - rank(isReady(b)) ||
      deletionCost(a) - deletionCost(b) ||
      later(readySince(a), readySince(b)) ||
      restartsOf(b) - restartsOf(a) ||
      later(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

const PHASE_RANK = { Pending: 0, Unknown: 1, Running: 2, Succeeded: 3, Failed: 3 };

function isScheduled(pod: Pod): boolean {
  return (pod.spec.nodeName ?? "") !== "";
}

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#pod-deletion-cost */
function deletionCost(pod: Pod): number {
  return Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0) || 0;
}

function later(a = "", b = ""): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

function rank(flag: boolean): number {
  return flag ? 1 : 0;
}
