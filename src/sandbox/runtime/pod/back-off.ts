// How long a container that ended waits before it starts again. Kubernetes' numbers: at once the first time, then 10 s,
// doubling up to 5 min; forgotten after 10 min of running.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy

export interface BackOffNumbers {
  firstMs: number;
  maxMs: number;
  resetAfterMs: number;
}

export const RESTART_BACK_OFF: BackOffNumbers = { firstMs: 10_000, maxMs: 300_000, resetAfterMs: 600_000 };
/** Between two looks for an image that was not in the catalogue. */
export const IMAGE_BACK_OFF: BackOffNumbers = { firstMs: 10_000, maxMs: 300_000, resetAfterMs: 600_000 };

export interface BackOff {
  /** How often the container ended since the last reset. */
  endings: number;
  delayMs: number;
}

export const NO_BACK_OFF: BackOff = { endings: 0, delayMs: 0 };

export function nextBackOff(before: BackOff, ranForMs: number, numbers: BackOffNumbers = RESTART_BACK_OFF): BackOff {
  if (ranForMs >= numbers.resetAfterMs) return { endings: 1, delayMs: 0 };
  const endings = before.endings + 1;
  const delayMs = endings === 1 ? 0 : Math.min(numbers.maxMs, numbers.firstMs * 2 ** (endings - 2));
  return { endings, delayMs };
}
