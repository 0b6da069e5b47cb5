// Carries out what was decided. Only the route is waited for; everything else goes to the clerk.

import { CANARY_ACTIONS, DEPLOYMENTS } from "../core/kubernetes/resource.ts";
import { formatTime } from "../core/kubernetes/time.ts";
import type { Deployment } from "../core/kubernetes/workload.ts";
import type { Effect } from "../core/rollout/decision.ts";
import type { Canary } from "../core/spec/canary.ts";
import type { Clock } from "../ports/clock.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { TrafficRouter } from "../ports/traffic-router.ts";
import type { Clerk } from "./clerk.ts";
import { withDeadline } from "./deadline.ts";
import { emitEvent } from "./event.ts";
import { putFinalizer } from "./finalizer.ts";
import { keyOf } from "./key.ts";
import type { Memory } from "./memory.ts";
import { ROUTE_LIMIT_MS } from "./observe.ts";

export interface ApplyOptions {
  cluster: Cluster;
  router: TrafficRouter;
  clerk: Clerk;
  clock: Clock;
  log: Log;
  identity: string;
}

/** Returns true when a route was written or has changed under it: the world is to be looked at again at once. */
export async function apply(
  options: ApplyOptions,
  canary: Canary,
  memory: Memory,
  effects: readonly Effect[],
): Promise<boolean> {
  const writing = effects
    .filter((effect) => effect.kind === "writeWeight")
    .map((effect) => writeWeight(options, canary, memory, effect));
  for (const effect of effects) handOver(options, canary, memory, effect);
  return (await Promise.all(writing)).length > 0;
}

async function writeWeight(
  { router, clock, log }: ApplyOptions,
  canary: Canary,
  memory: Memory,
  { target, reading, canaryWeight }: Extract<Effect, { kind: "writeWeight" }>,
): Promise<void> {
  const fields = { canary: keyOf(canary.metadata), weight: canaryWeight, total: target.total };
  try {
    const write = router.write(target, reading, canaryWeight);
    await withDeadline(clock, ROUTE_LIMIT_MS, "writing the route", write);
    memory.conflicts = 0;
    log.info("route written", fields);
  } catch (error) {
    memory.conflicts += 1;
    // One conflict is a race that the next look settles; more in a row are a fight, which the queue's back-off cools.
    if (!isClusterError(error, "Conflict", "Invalid", "NotFound") || memory.conflicts > 1) throw error;
    log.info("route changed meanwhile, looking again", fields);
  }
}

function handOver(options: ApplyOptions, canary: Canary, memory: Memory, effect: Effect): void {
  const { cluster, clerk, clock, log, identity } = options;
  const key = keyOf(canary.metadata);
  const { namespace, name } = canary.metadata;
  switch (effect.kind) {
    case "writeWeight":
      return;
    case "setFinalizer":
    case "removeFinalizer": {
      const present = effect.kind === "setFinalizer";
      const run = () => putFinalizer(cluster, { namespace, name }, present);
      return clerk.take(key, "object", { id: effect.kind, run });
    }
    case "scaleStable": {
      const run = () => scale(cluster, { namespace, name: effect.deployment }, effect.replicas);
      return clerk.take(key, "object", { id: `scale ${effect.deployment}`, run });
    }
    case "emitEvent": {
      log[effect.type === "Warning" ? "warn" : "info"](effect.message, { canary: key, reason: effect.reason });
      const run = () => emitEvent({ cluster, nowMs: clock.now(), identity }, canary, effect);
      return clerk.take(key, "events", { id: `event ${effect.reason} ${effect.message}`, run });
    }
    case "answerAction":
      return answer(options, canary, memory, effect);
    case "deleteAction": {
      const run = () => deleteAction(cluster, { namespace, name: effect.name }, effect.uid);
      return clerk.take(key, "object", { id: `delete ${effect.uid}`, run });
    }
  }
}

/** Never scales down: whoever was faster and asked for more is right. */
async function scale(cluster: Cluster, key: { namespace?: string; name: string }, replicas: number): Promise<void> {
  const { metadata, spec } = await cluster.get<Deployment>(DEPLOYMENTS, key);
  if ((spec.replicas ?? 1) >= replicas) return;
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { replicas } };
  // By the scale subresource: the only right on Deployments that Serin's role has beside reading.
  await cluster.patch(DEPLOYMENTS, key, { type: "merge", body }, { subresource: "scale", fieldManager: "serin" });
}

function answer(
  { cluster, clerk, clock }: ApplyOptions,
  canary: Canary,
  { answers }: Memory,
  { name, uid, state, message }: Extract<Effect, { kind: "answerAction" }>,
): void {
  const status = { state, message, at: formatTime(clock.now()) };
  answers.set(uid, status);
  const { namespace } = canary.metadata;
  const run = async () => {
    try {
      const patch = { type: "merge" as const, body: { status } };
      await cluster.patch(CANARY_ACTIONS, { namespace, name }, patch, { subresource: "status", fieldManager: "serin" });
    } catch (error) {
      if (!isClusterError(error, "NotFound")) throw error;
    }
  };
  const failed = () => answers.delete(uid);
  clerk.take(keyOf(canary.metadata), "answers", { id: `answer ${uid} ${state}`, run, failed });
}

async function deleteAction(cluster: Cluster, key: { namespace?: string; name: string }, uid: string): Promise<void> {
  try {
    await cluster.delete(CANARY_ACTIONS, key, { preconditions: { uid } });
  } catch (error) {
    if (!isClusterError(error, "NotFound", "Conflict")) throw error;
  }
}
