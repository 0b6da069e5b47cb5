// Which ReplicaSets of a Deployment grow, shrink, appear or go: one pass of Kubernetes' deployment controller as a pure
// function. Rules: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment
//
//   paused or scaled     -> the replicas are shared in proportion, no new template appears
//   Recreate             -> old ones to zero, wait until their pods are gone, then the new one
//   RollingUpdate        -> grow the new one within maxSurge; else shrink old ones, unhealthy pods first, never below
//                           replicas - maxUnavailable available pods
//   complete             -> ReplicaSets beyond revisionHistoryLimit go

import type { Deployment, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { fencepostsOf, isRecreate, wantedReplicas } from "./fenceposts.ts";
import { DESIRED_REPLICAS, newReplicaSet, revisionNumber, revisionOf, type Sets, sortSets } from "./replica-sets.ts";
import { shareInProportion } from "./scale.ts";
import { availableOf, change, type ScaleChange, sizeOf, total } from "./size.ts";

export interface RolloutPlan {
  sets: Sets;
  revision: number;
  create?: ReplicaSet;
  /** Only real changes; at most one direction in a pass. */
  scale: ScaleChange[];
  remove: ReplicaSet[];
}

const DEFAULT_HISTORY_LIMIT = 10;

/** `oldPods`: pods of old ReplicaSets that still exist, terminating ones included (Recreate waits for them). */
export function planRollout(deployment: Deployment, owned: ReplicaSet[], oldPods: number): RolloutPlan {
  const sets = sortSets(deployment, owned);
  const plan: RolloutPlan = { sets, revision: revisionOf(sets), scale: [], remove: [] };
  if (deployment.spec.paused || isScaling(deployment, sets)) {
    return { ...plan, scale: shareInProportion(deployment, sets), remove: beyondHistory(deployment, sets) };
  }
  const step = isRecreate(deployment) ? recreate(deployment, plan, oldPods) : roll(deployment, plan);
  return { ...plan, ...step, remove: isComplete(deployment, sets) ? beyondHistory(deployment, sets) : [] };
}

function roll(deployment: Deployment, { sets, revision }: RolloutPlan): Partial<RolloutPlan> {
  const size = newSetSize(deployment, sets);
  if (sets.current === undefined) return { create: newReplicaSet(deployment, revision, size) };
  const grow = change(sets.current, size);
  return { scale: grow.length > 0 ? grow : shrinkOld(deployment, sets) };
}

function recreate(deployment: Deployment, { sets, revision }: RolloutPlan, oldPods: number): Partial<RolloutPlan> {
  const down = sets.old.flatMap((set) => change(set, 0));
  if (down.length > 0) return { scale: down };
  if (oldPods > 0) return {};
  const wanted = wantedReplicas(deployment);
  if (sets.current === undefined) return { create: newReplicaSet(deployment, revision, wanted) };
  return { scale: change(sets.current, wanted) };
}

/** How large the ReplicaSet of the present template may be now. */
function newSetSize(deployment: Deployment, { current, all }: Sets): number {
  const wanted = wantedReplicas(deployment);
  const now = current === undefined ? 0 : sizeOf(current);
  if (now > wanted) return wanted;
  const room = wanted + fencepostsOf(deployment).maxSurge - total(all, sizeOf);
  return room <= 0 ? now : now + Math.min(room, wanted - now);
}

function shrinkOld(deployment: Deployment, { current, old, all }: Sets): ScaleChange[] {
  const minAvailable = wantedReplicas(deployment) - fencepostsOf(deployment).maxUnavailable;
  const newUnavailable = current === undefined ? 0 : sizeOf(current) - availableOf(current);
  const removable = total(all, sizeOf) - minAvailable - newUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(old.map((set) => [set, sizeOf(set)]));
  takeFrom(old, sizes, removable, (set, size) => size - availableOf(set));
  takeFrom(old, sizes, total(all, availableOf) - minAvailable, (_set, size) => size);
  return old.flatMap((set) => change(set, sizes.get(set)!));
}

/** Takes up to `count` pods from the sets, oldest first, from each no more than `spare` allows. */
function takeFrom(
  sets: ReplicaSet[],
  sizes: Map<ReplicaSet, number>,
  count: number,
  spare: (set: ReplicaSet, size: number) => number,
): void {
  let left = count;
  for (const set of sets) {
    const size = sizes.get(set)!;
    const taken = Math.max(0, Math.min(left, size, spare(set, size)));
    sizes.set(set, size - taken);
    left -= taken;
  }
}

/** The Deployment's own replicas changed since the ReplicaSets were last sized. */
function isScaling(deployment: Deployment, { all }: Sets): boolean {
  return all
    .filter((set) => sizeOf(set) > 0)
    .some((set) => {
      const desired = set.metadata.annotations?.[DESIRED_REPLICAS];
      return desired !== undefined && Number(desired) !== wantedReplicas(deployment);
    });
}

function isComplete(deployment: Deployment, { current, all }: Sets): boolean {
  const wanted = wantedReplicas(deployment);
  if (current === undefined || availableOf(current) !== wanted) return false;
  return total(all, (set) => set.status?.replicas ?? 0) === wanted;
}

function beyondHistory(deployment: Deployment, { old }: Sets): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT;
  const idle = old.filter(
    (set) => sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0 && set.metadata.deletionTimestamp === undefined,
  );
  return idle.sort((a, b) => revisionNumber(a) - revisionNumber(b)).slice(0, Math.max(0, idle.length - limit));
}
