// What every controller of owners (Deployments, ReplicaSets) does alike: writes status only when it changed, and looks at
// the owners whose selector takes in an object that nobody owns.

import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Resource } from "../../core/kubernetes/resource.ts";
import { matchesSelector } from "../../core/kubernetes/selector.ts";
import type { Deployment, ReplicaSet } from "../../core/kubernetes/workload.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { KeyQueue } from "./queue.ts";
import { keyOf } from "./watches.ts";

type Owner = Deployment | ReplicaSet;

/** Owns the fields that the runtime writes. */
export const FIELD_MANAGER = "serin-sandbox";

export async function writeStatus<T extends Owner>(
  cluster: Cluster,
  resource: Resource,
  owner: T,
  status: NonNullable<T["status"]>,
): Promise<void> {
  const before = (owner.status ?? {}) as Record<string, unknown>;
  if (Object.entries(status).every(([field, value]) => isDeepStrictEqual(before[field], value))) return;
  const { namespace, name, uid } = owner.metadata;
  const body = { metadata: { uid }, status };
  const options = { subresource: "status", fieldManager: FIELD_MANAGER } as const;
  await cluster.patch(resource, { namespace, name }, { type: "merge", body }, options);
}

export function queueSelecting(owners: readonly Owner[], queue: KeyQueue, orphan: KubeObject): void {
  for (const owner of owners) {
    if (owner.metadata.namespace !== orphan.metadata.namespace) continue;
    if (matchesSelector(owner.spec.selector, orphan.metadata.labels)) queue.add(keyOf(owner));
  }
}
