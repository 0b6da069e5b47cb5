// The finalizer that a Canary carries while its rollout runs: whoever deletes it then waits until traffic is back on stable.

import type { ObjectKey } from "../core/kubernetes/object.ts";
import { CANARIES } from "../core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";

export const FINALIZER = "serin.dev/rollout";

/** Status is written meanwhile, so a conflict is normal: look again at once, a few times. */
const ATTEMPTS = 5;

/** Idempotent; other finalizers stay. A Canary that is gone has none. */
export async function putFinalizer(cluster: Cluster, key: ObjectKey, present: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await putOnce(cluster, key, present);
    } catch (error) {
      if (isClusterError(error, "NotFound")) return;
      if (!isClusterError(error, "Conflict") || attempt === ATTEMPTS) throw error;
    }
}

async function putOnce(cluster: Cluster, key: ObjectKey, present: boolean): Promise<void> {
  const { metadata } = await cluster.get(CANARIES, key);
  const before = metadata.finalizers ?? [];
  if (before.includes(FINALIZER) === present) return;
  if (present && metadata.deletionTimestamp !== undefined) return; // the API would refuse a new one
  const finalizers = present ? [...before, FINALIZER] : before.filter((each) => each !== FINALIZER);
  const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } };
  await cluster.patch(CANARIES, key, { type: "merge", body }, { fieldManager: "serin" });
}
