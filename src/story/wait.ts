// Waiting for the world, with an end: a story that hangs tells nothing.

import type { KubeObject, ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import type { Deployment } from "../core/kubernetes/workload.ts";
import type { Clock } from "../ports/clock.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";

/** What ends the story early: a promise that did not hold, in words for people. */
export class StoryFailure extends Error {
  override readonly name = "StoryFailure";
}

export interface Waiting {
  clock: Clock;
  signal: AbortSignal;
}

export interface Patience {
  /** Completes "waited N s in vain for …". */
  what: string;
  everyMs: number;
  timeoutMs: number;
}

/** Asks again and again until there is an answer. Throws StoryFailure when the time is over, and when the signal aborts. */
export async function until<T>(
  { clock, signal }: Waiting,
  { what, everyMs, timeoutMs }: Patience,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const startedMs = clock.now();
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.now() - startedMs > timeoutMs)
      throw new StoryFailure(`waited ${Math.round(timeoutMs / 1_000)} s in vain for ${what}`);
    await pause({ clock, signal }, everyMs);
  }
}

export function pause({ clock, signal }: Waiting, delayMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** The object, or undefined where there is none. */
export async function find<T extends KubeObject>(
  cluster: Cluster,
  resource: Resource,
  key: ObjectKey,
): Promise<T | undefined> {
  try {
    return await cluster.get<T>(resource, key);
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}

/** As `kubectl rollout status` sees it: all replicas of the newest template, and all of them available. */
export function isAvailable({ metadata, spec, status }: Deployment): boolean {
  const wanted = spec.replicas ?? 1;
  return (
    status !== undefined &&
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted
  );
}
