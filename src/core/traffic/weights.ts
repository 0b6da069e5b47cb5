// The arithmetic of a split: integers that sum to their total.

import type { RouteDestination } from "./virtual-service.ts";

/** Stable's and canary's weights. Throws when the canary's is no whole number from 0 to `total`: a bug, not a user's doing. */
export function splitOf(total: number, canaryWeight: number): { stable: number; canary: number } {
  if (!Number.isInteger(total) || total < 1) throw new Error(`a split needs a positive total, got ${total}`);
  if (!Number.isInteger(canaryWeight) || canaryWeight < 0 || canaryWeight > total)
    throw new Error(`canary weight ${canaryWeight} is not a whole number from 0 to ${total}`);
  return { stable: total - canaryWeight, canary: canaryWeight };
}

/** What an only destination without a weight counts as. */
export const IMPLIED_TOTAL = 100;

/**
 * The weights by which Istio works: an only destination gets everything, whatever its weight says (a written one still tells
 * the total meant); beside others a missing weight is 0.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination
 */
export function effectiveWeights(destinations: RouteDestination[]): number[] {
  if (destinations.length === 1) return [destinations[0]!.weight || IMPLIED_TOTAL];
  return destinations.map(({ weight }) => weight ?? 0);
}
