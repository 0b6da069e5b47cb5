// When two spellings of a destination mean the same one.

import type { Destination } from "./virtual-service.ts";

/** The side of the rollout that a destination stands for. */
export type Side = "stable" | "canary";

export interface Sides {
  namespace: string;
  host: string;
  stableSubset: string;
  canarySubset: string;
}

/** Stable, canary, or neither. */
export function sideOf(destination: Destination, sides: Sides): Side | undefined {
  if (typeof destination?.host !== "string" || !sameHost(destination.host, sides.host, sides.namespace))
    return undefined;
  if (destination.subset === sides.stableSubset) return "stable";
  if (destination.subset === sides.canarySubset) return "canary";
  return undefined;
}

/** Lint asks with whatever a file holds, hence `unknown`. A name without a dot is short for a Service in the namespace of the object that names it; any other is complete. */
export function fullHost(host: unknown, namespace: string): string {
  const lower = typeof host === "string" ? host.toLowerCase() : "";
  return lower.includes(".") ? lower : `${lower}.${namespace}.svc.cluster.local`;
}

export function sameHost(a: unknown, b: unknown, namespace: string): boolean {
  return fullHost(a, namespace) === fullHost(b, namespace);
}

/** For people: `echo:v2`, `echo` without subset. */
export function sayDestination(destination: Destination | undefined): string {
  const { host = "?", subset } = destination ?? {};
  return subset === undefined ? host : `${host}:${subset}`;
}
