// How many pods a rolling update may add and may miss. Rounding is Kubernetes': surge up, unavailable down, and when both
// come out as zero one pod may be missing, since otherwise nothing could ever move.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment

import type { Deployment } from "../../../core/kubernetes/workload.ts";

export interface Fenceposts {
  maxSurge: number;
  maxUnavailable: number;
}

const DEFAULT = "25%";

export function fencepostsOf(deployment: Deployment): Fenceposts {
  if (isRecreate(deployment)) return { maxSurge: 0, maxUnavailable: 0 };
  const replicas = wantedReplicas(deployment);
  const { maxSurge = DEFAULT, maxUnavailable = DEFAULT } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, replicas, Math.ceil);
  const missing = scaled(maxUnavailable, replicas, Math.floor);
  if (surge === 0 && missing === 0) return { maxSurge: 0, maxUnavailable: Math.min(1, replicas) };
  return { maxSurge: surge, maxUnavailable: Math.min(missing, replicas) };
}

export function isRecreate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type === "Recreate";
}

export function wantedReplicas(deployment: Deployment): number {
  return deployment.spec.replicas ?? 1;
}

function scaled(value: number | string, total: number, round: (n: number) => number): number {
  if (typeof value === "number") return value;
  const percent = /^(\d+)%$/.exec(value);
  return percent === null ? Number(value) || 0 : round((Number(percent[1]) * total) / 100);
}
