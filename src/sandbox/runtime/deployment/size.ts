// The sizes of ReplicaSets: wanted, available, and a change from one to another.

import type { ReplicaSet } from "../../../core/kubernetes/workload.ts";

export interface ScaleChange {
  set: ReplicaSet;
  from: number;
  to: number;
}

export function change(set: ReplicaSet, to: number): ScaleChange[] {
  return sizeOf(set) === to ? [] : [{ set, from: sizeOf(set), to }];
}

export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function availableOf(set: ReplicaSet): number {
  return set.status?.availableReplicas ?? 0;
}

export function total(sets: ReplicaSet[], count: (set: ReplicaSet) => number): number {
  return sets.reduce((sum, set) => sum + count(set), 0);
}
