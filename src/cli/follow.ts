// Waits for something to become true of one object: reads it, then watches it, and reads it again when the watch ends.

import type { KubeObject, ObjectKey } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import type { Clock } from "../ports/clock.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";

export interface Followed {
  cluster: Cluster;
  resource: Resource;
  key: ObjectKey;
  clock: Clock;
  signal: AbortSignal;
}

const RETRY_MS = 500;

/**
 * Calls `decide` with the object now and after each change (undefined: it is gone) until it returns something.
 * Undefined when the time is over or the signal aborts. A broken watch starts anew; the first read may throw.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the kind, as with the port itself
export async function follow<T extends KubeObject, R>(
  followed: Followed,
  { timeoutMs }: { timeoutMs?: number },
  decide: (object: T | undefined) => R | undefined,
): Promise<R | undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, followed.signal]);
  const cancel = timeoutMs === undefined ? undefined : followed.clock.after(timeoutMs, () => stop.abort());
  try {
    let first = true;
    while (!signal.aborted) {
      try {
        const result = await once<T, R>(followed, signal, decide);
        if (result !== undefined) return result.value;
      } catch (error) {
        if (first && !signal.aborted) throw error;
      }
      first = false;
      if (!signal.aborted) await pause(followed.clock, RETRY_MS, signal);
    }
    return undefined;
  } finally {
    cancel?.();
    stop.abort();
  }
}

/** One read and one watch; undefined when the watch ends before the decision. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
async function once<T extends KubeObject, R>(
  { cluster, resource, key }: Followed,
  signal: AbortSignal,
  decide: (object: T | undefined) => R | undefined,
): Promise<{ value: R } | undefined> {
  const scope = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` };
  const { items, resourceVersion } = await cluster.list<T>(resource, scope);
  const now = decide(items.find(({ metadata }) => metadata.name === key.name));
  if (now !== undefined) return { value: now };
  try {
    for await (const event of cluster.watch<T>(resource, { ...scope, resourceVersion, signal })) {
      if (event.type === "BOOKMARK" || event.object.metadata.name !== key.name) continue;
      const result = decide(event.type === "DELETED" ? undefined : event.object);
      if (result !== undefined) return { value: result };
    }
  } catch (error) {
    if (!isClusterError(error, "Expired", "Unreachable", "InternalError")) throw error;
  }
  return undefined;
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, finish);
    signal.addEventListener("abort", finish, { once: true });
    function finish(): void {
      cancel();
      signal.removeEventListener("abort", finish);
      resolve();
    }
  });
}
