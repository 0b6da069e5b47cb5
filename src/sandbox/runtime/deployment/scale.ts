// A change of a Deployment's replicas in the middle of a rollout is shared among its ReplicaSets in proportion to their
// size, so that neither version is starved.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling

import type { Deployment, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { fencepostsOf, isRecreate, wantedReplicas } from "./fenceposts.ts";
import { DESIRED_REPLICAS, MAX_REPLICAS, type Sets } from "./replica-sets.ts";
import { availableOf, change, type ScaleChange, sizeOf, total } from "./size.ts";

export function shareInProportion(deployment: Deployment, sets: Sets): ScaleChange[] {
  const wanted = wantedReplicas(deployment);
  const active = sets.all.filter((set) => sizeOf(set) > 0);
  const only = onlyOne(active, sets);
  if (only !== undefined) return change(only, wanted);
  if (isSaturated(deployment, sets.current)) return sets.old.flatMap((set) => change(set, 0));
  if (isRecreate(deployment) || active.length === 0) return [];
  const allowed = wanted > 0 ? wanted + fencepostsOf(deployment).maxSurge : 0;
  return distribute(deployment, active, allowed - total(active, sizeOf));
}

/** The one ReplicaSet that takes the whole change: the only active one, or where none is active the newest. */
function onlyOne(active: ReplicaSet[], sets: Sets): ReplicaSet | undefined {
  if (active.length > 1) return undefined;
  return active[0] ?? sets.current ?? sets.old.at(-1);
}

function isSaturated(deployment: Deployment, current: ReplicaSet | undefined): boolean {
  const wanted = wantedReplicas(deployment);
  if (current === undefined || sizeOf(current) !== wanted || availableOf(current) !== wanted) return false;
  return Number(current.metadata.annotations?.[DESIRED_REPLICAS]) === wanted;
}

function distribute(deployment: Deployment, active: ReplicaSet[], toAdd: number): ScaleChange[] {
  const ordered = [...active].sort((a, b) => sizeOf(b) - sizeOf(a) || newerFirst(a, b, toAdd));
  let added = 0;
  const sizes = ordered.map((set) => {
    const share = shareOf(deployment, set, toAdd, added);
    added += share;
    return sizeOf(set) + share;
  });
  sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  return ordered.flatMap((set, index) => change(set, sizes[index]!));
}

/** Growing favours newer sets, shrinking older ones, where sizes are equal. */
function newerFirst(a: ReplicaSet, b: ReplicaSet, toAdd: number): number {
  const older = (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1;
  return toAdd > 0 ? -older : older;
}

function shareOf(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || added === toAdd) return 0;
  const wanted = wantedReplicas(deployment);
  if (wanted === 0) return -sizeOf(set);
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS]) || deployment.status?.replicas || wanted;
  const fraction = Math.round((sizeOf(set) * (wanted + fencepostsOf(deployment).maxSurge)) / before) - sizeOf(set);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}
