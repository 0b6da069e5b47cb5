// Whether a pod is still the one that we know: a refused write may mean that it is gone, or that another has its name.

import { PODS } from "../../../core/kubernetes/resource.ts";
import type { Pod } from "../../../core/kubernetes/workload.ts";
import { type Cluster, isClusterError } from "../../../ports/cluster.ts";

export async function stillExists(cluster: Cluster, { metadata: { namespace, name, uid } }: Pod): Promise<boolean> {
  try {
    const stored = await cluster.get<Pod>(PODS, { namespace, name });
    return stored.metadata.uid === uid;
  } catch (error) {
    if (isClusterError(error, "NotFound")) return false;
    throw error;
  }
}
