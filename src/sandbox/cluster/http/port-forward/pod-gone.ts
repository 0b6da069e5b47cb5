// A tunnel ends with its pod.

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import type { Resource } from "../../../../core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../../../ports/cluster.ts";

/** Resolves when the pod's object is deleted, which the runtime does once its processes have ended, or when the signal aborts. */
export async function podGone(
  { cluster, resource }: { cluster: Cluster; resource: Resource },
  pod: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const is = ({ metadata }: KubeObject) => metadata.uid === uid;
  for (let current: KubeObject | undefined = pod; current !== undefined && !signal.aborted; ) {
    const { resourceVersion } = current.metadata;
    const selected = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion, signal };
    try {
      for await (const event of cluster.watch(resource, selected))
        if (event.type === "DELETED" && is(event.object)) return;
    } catch (error) {
      if (!isClusterError(error, "Expired")) throw error;
    }
    current = await cluster.get(resource, { namespace, name }).catch((error: unknown) => {
      if (isClusterError(error, "NotFound")) return undefined;
      throw error;
    });
    if (current !== undefined && !is(current)) return;
  }
}
