// Arithmetic of weights: percent of the spec to units of a route's total, and how many endpoints a share needs.

/** A route's units for a percentage. Only 0 % is none and only 100 % is all, whatever the rounding. */
export function unitsOf(percent: number, total: number): number {
  if (percent <= 0) return 0;
  if (percent >= 100) return total;
  return Math.min(Math.max(Math.round((percent * total) / 100), 1), Math.max(total - 1, 1));
}

/** The same share of another total: somebody may have written 2 of 10 for 20 of 100. */
export function rescale(weight: number, from: number, to: number): number {
  if (from === to || weight === 0) return weight;
  return weight === from ? to : Math.min(Math.max(Math.round((weight * to) / from), 1), Math.max(to - 1, 1));
}

/** For people: 20 of 100 is "20 %", 1 of 3 is "33.3 %". */
export function shareText(weight: number, total: number): string {
  return `${Number(((weight * 100) / total).toFixed(1))} %`;
}

/**
 * Rule 1: ready endpoints that a version must have before it is given `weight` of `total`, when the side that gives the
 * traffic has `giverReplicas`.
 */
export function endpointsNeeded(weight: number, total: number, giverReplicas: number): number {
  return weight === 0 ? 0 : Math.max(1, Math.ceil((weight * giverReplicas) / total));
}
