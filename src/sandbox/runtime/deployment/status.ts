// The status of a Deployment: counts, and the conditions Available and Progressing that `kubectl rollout status` reads.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status

import type { Deployment, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { fencepostsOf, wantedReplicas } from "./fenceposts.ts";
import type { RolloutPlan } from "./rollout.ts";
import { availableOf, sizeOf, total } from "./size.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;
type DeploymentCondition = NonNullable<DeploymentStatus["conditions"]>[number];

const DEFAULT_DEADLINE_S = 600;

interface Verdict {
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

/** `nowText` is RFC 3339, as all times of a status. */
export function deploymentStatus(deployment: Deployment, plan: RolloutPlan, nowText: string): DeploymentStatus {
  const { all, current } = plan.sets;
  const available = total(all, availableOf);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total(all, replicasOf),
    updatedReplicas: current === undefined ? 0 : replicasOf(current),
    readyReplicas: total(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total(all, sizeOf) - available),
  };
  const verdicts = {
    Available: availability(deployment, available),
    Progressing: progress(deployment, plan, counts, nowText),
  };
  return { ...counts, conditions: merged(deployment.status?.conditions ?? [], verdicts, counts, nowText) };

  function merged(
    before: DeploymentCondition[],
    verdicts: Record<string, Verdict | undefined>,
    counts: DeploymentStatus,
    now: string,
  ): DeploymentCondition[] {
    const moved = hasProgressed(deployment.status ?? {}, counts);
    const others = before.filter(({ type }) => verdicts[type] === undefined);
    const ours = Object.entries(verdicts).flatMap(([type, verdict]) => {
      if (verdict === undefined) return [];
      const old = before.find((condition) => condition.type === type);
      return [conditionOf(type, verdict, old, moved && type === "Progressing" ? now : undefined, now)];
    });
    return [...others, ...ours];
  }
}

/** When progressDeadlineSeconds will have passed without progress; undefined when nothing is awaited. */
export function deadlineMs(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const progressing = status.conditions?.find(({ type }) => type === "Progressing");
  if (progressing === undefined || progressing.status !== "True" || progressing.reason === "NewReplicaSetAvailable")
    return undefined;
  return Date.parse(progressing.lastUpdateTime ?? "") + deadlineOf(deployment) * 1_000;
}

function availability(deployment: Deployment, available: number): Verdict {
  const enough = available >= wantedReplicas(deployment) - fencepostsOf(deployment).maxUnavailable;
  return enough
    ? verdict("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    : verdict("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
}

function progress(
  deployment: Deployment,
  plan: RolloutPlan,
  counts: DeploymentStatus,
  nowText: string,
): Verdict | undefined {
  const before = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  if (deployment.spec.paused) return verdict("Unknown", "DeploymentPaused", "Deployment is paused");
  if (before?.reason === "DeploymentPaused") return verdict("Unknown", "DeploymentResumed", "Deployment is resumed");
  const name = (plan.sets.current ?? plan.create)?.metadata.name;
  if (name === undefined) return before;
  if (isComplete(deployment, counts))
    return verdict("True", "NewReplicaSetAvailable", `ReplicaSet "${name}" has successfully progressed.`);
  if (plan.create !== undefined) return verdict("True", "NewReplicaSetCreated", `Created new replica set "${name}"`);
  return underWay(deployment, name, before, counts, nowText);
}

function underWay(
  deployment: Deployment,
  name: string,
  before: DeploymentCondition | undefined,
  counts: DeploymentStatus,
  nowText: string,
): Verdict {
  if (before === undefined || hasProgressed(deployment.status ?? {}, counts)) {
    // Once available, losing a pod and getting it back is no new rollout: only a change of the ReplicaSets is.
    if (before?.reason === "NewReplicaSetAvailable" && counts.replicas === counts.updatedReplicas) return before;
    return verdict("True", "ReplicaSetUpdated", `ReplicaSet "${name}" is progressing.`);
  }
  if (before.reason === "ProgressDeadlineExceeded" || isOverdue(deployment, before, nowText))
    return verdict("False", "ProgressDeadlineExceeded", `ReplicaSet "${name}" has timed out progressing.`);
  return before;
}

function isComplete(deployment: Deployment, counts: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  return counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isOverdue(deployment: Deployment, before: DeploymentCondition, nowText: string): boolean {
  if (before.status !== "True" || before.reason === "NewReplicaSetAvailable") return false;
  return Date.parse(before.lastUpdateTime ?? "") + deadlineOf(deployment) * 1_000 < Date.parse(nowText);
}

function deadlineOf(deployment: Deployment): number {
  return deployment.spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_S;
}

function conditionOf(
  type: string,
  { status, reason, message }: Verdict,
  old: DeploymentCondition | undefined,
  touched: string | undefined,
  now: string,
): DeploymentCondition {
  const same = old !== undefined && old.status === status && old.reason === reason && old.message === message;
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: touched ?? (same ? old.lastUpdateTime : undefined) ?? now,
    lastTransitionTime: (old?.status === status ? old.lastTransitionTime : undefined) ?? now,
  };
}

function verdict(status: Verdict["status"], reason: string, message: string): Verdict {
  return { status, reason, message };
}

function replicasOf(set: ReplicaSet): number {
  return set.status?.replicas ?? 0;
}
