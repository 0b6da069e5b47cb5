// What a Pod object says, in one word each.

import type { Pod } from "../../../core/kubernetes/workload.ts";

const UNMANAGED_ANNOTATION = "sandbox.serin.dev/unmanaged";

/** Neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === "True";
}

/** Since when the pod has been ready. */
export function readySince(pod: Pod): string | undefined {
  const condition = readyCondition(pod);
  return condition?.status === "True" ? condition.lastTransitionTime : undefined;
}

export function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0);
}

/** Something else plays this pod (the gateway's own Pod object, for example). */
export function isUnmanaged(pod: Pod): boolean {
  return pod.metadata.annotations?.[UNMANAGED_ANNOTATION] === "true";
}

function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find(({ type }) => type === "Ready");
}
