// Medians, and how far they can be trusted with few rounds on a noisy machine.

export interface Estimate {
  median: number;
  /** The true median lies between, with `certainty`. */
  low: number;
  high: number;
  certainty: number;
}

/**
 * The median with an interval from order statistics, which assumes nothing about the distribution: the narrowest one between the
 * k-th smallest and the k-th largest that holds the true median in at least 90 % of cases, else the whole range.
 * https://en.wikipedia.org/wiki/Order_statistic#Confidence_intervals_for_quantiles
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  let k = 1;
  while (2 * (k + 1) <= n && certaintyOf(n, k + 1) >= 0.9) k++;
  return { median: medianOf(sorted), low: sorted[k - 1]!, high: sorted[n - k]!, certainty: certaintyOf(n, k) };
}

export function median(values: readonly number[]): number {
  return medianOf(values.toSorted((a, b) => a - b));
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Chance that the median lies between the k-th smallest and the k-th largest of n: not fewer than k of n coins on each side. */
function certaintyOf(n: number, k: number): number {
  let below = 0;
  let ways = 1;
  for (let i = 0; i < k; i++) {
    below += ways;
    ways = (ways * (n - i)) / (i + 1);
  }
  return 1 - (2 * below) / 2 ** n;
}
