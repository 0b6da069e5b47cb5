// The status of a ReplicaSet from its pods.

import type { Pod, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { isActive, isReady, readySince } from "../pod/read.ts";

export interface SetStatus {
  status: NonNullable<ReplicaSet["status"]>;
  /** When the next ready pod will have been ready for minReadySeconds. */
  nextAvailableMs?: number;
}

/** `owned`: the pods that the ReplicaSet controls. */
export function replicaSetStatus(set: ReplicaSet, owned: Pod[], nowMs: number): SetStatus {
  const active = owned.filter(isActive);
  const ready = active.filter(isReady);
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1_000;
  const availableAt = ready.map((pod) => (minReadyMs === 0 ? 0 : Date.parse(readySince(pod) ?? "") + minReadyMs));
  const waiting = availableAt.filter((atMs) => atMs > nowMs);
  return {
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) => isFullyLabelled(set, pod)).length,
      readyReplicas: ready.length,
      availableReplicas: ready.length - waiting.length,
      observedGeneration: set.metadata.generation ?? 0,
    },
    ...(waiting.length > 0 ? { nextAvailableMs: Math.min(...waiting) } : {}),
  };
}

function isFullyLabelled(set: ReplicaSet, pod: Pod): boolean {
  const wanted = Object.entries(set.spec.template.metadata?.labels ?? {});
  return wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}
