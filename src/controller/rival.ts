// Two Canaries on one route: the one whose rollout runs, else the older one, is first; the other must wait.

import type { Canary } from "../core/spec/canary.ts";
import type { RouteRef, TrafficTarget } from "../core/traffic/split.ts";
import type { TrafficRouter } from "../ports/traffic-router.ts";
import type { Watches } from "./watches.ts";

/** The name of another Canary that comes before this one on any of the target's routes. */
export async function rivalOf(
  { watches, router }: { watches: Watches; router: TrafficRouter },
  canary: Canary,
  target: TrafficTarget,
): Promise<string | undefined> {
  const before = watches.canaries
    .list()
    .filter(
      ({ metadata }) => metadata.namespace === canary.metadata.namespace && metadata.name !== canary.metadata.name,
    )
    .filter((other) => other.metadata.deletionTimestamp === undefined && isFirst(other, canary));
  for (const other of before) {
    const theirs = other.status?.traffic ?? (await wouldResolve(router, other));
    if (theirs !== undefined && overlap(theirs.routes, target.routes)) return other.metadata.name;
  }
  return undefined;
}

function isFirst(other: Canary, canary: Canary): boolean {
  const running = ({ status }: Canary) => status?.rollout !== undefined && status.rollout.endedAt === undefined;
  if (running(other) !== running(canary)) return running(other);
  const age = ({ metadata }: Canary) => `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
  return age(other) < age(canary);
}

/** An older Canary that was not looked at yet. */
async function wouldResolve(router: TrafficRouter, { metadata, spec }: Canary): Promise<TrafficTarget | undefined> {
  if (spec?.versions === undefined) return undefined;
  const query = { namespace: metadata.namespace ?? "", ...spec.versions };
  const resolution = await router.resolve(spec.traffic === undefined ? query : { ...query, traffic: spec.traffic });
  return resolution.ok ? resolution.target : undefined;
}

function overlap(a: readonly RouteRef[], b: readonly RouteRef[]): boolean {
  return a.some((x) => b.some((y) => x.virtualService === y.virtualService && x.index === y.index));
}
