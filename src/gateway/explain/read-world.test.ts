import { expect, test } from "vitest";
import type { Resource } from "../../core/kubernetes/resource.ts";
import { type Cluster, ClusterError, type ClusterErrorReason } from "../../ports/cluster.ts";
import { readWorld } from "./read-world.ts";

/** Every list is empty, but asking for Gateway API fails. */
function clusterWithout(reason: ClusterErrorReason): Cluster {
  const list = async ({ group }: Resource) => {
    if (group === "gateway.networking.k8s.io") throw new ClusterError(reason, "no");
    return { items: [], resourceVersion: "1" };
  };
  return { list } as unknown as Cluster;
}

test("a cluster without Gateway API, or whose Gateways one may not read, is read all the same", async () => {
  for (const reason of ["NotFound", "Forbidden"] as const)
    expect((await readWorld(clusterWithout(reason), 80)).gatewayApi).toBeUndefined();
  await expect(readWorld(clusterWithout("Unreachable"), 80)).rejects.toThrow("no");
});
