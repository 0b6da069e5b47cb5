// The end of an object: when it is marked for deletion and nothing holds it any more.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import type { Core } from "../core.ts";
import type { KnownResource } from "../registry.ts";
import { storeKey } from "../store/object-store.ts";

/** Deletes an object that is being deleted, has no finalizer left and no grace period running. True when it is gone. */
export function finishIfReleased(core: Core, resource: KnownResource, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return false;
  if (resource.storage === "namespaces" && !isEmptyNamespaceSpec(object)) return false;
  core.store.commit(resource.storage, storeKey(object.metadata), undefined);
  return true;
}

function isEmptyNamespaceSpec(namespace: KubeObject): boolean {
  return ((namespace["spec"] as { finalizers?: string[] } | undefined)?.finalizers ?? []).length === 0;
}
