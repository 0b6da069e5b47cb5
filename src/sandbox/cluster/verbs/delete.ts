// DELETE: at once, after a grace period (pods), or when the finalizers are gone.

import type { KubeObject, ObjectKey } from "../../../core/kubernetes/object.ts";
import type { DeleteOptions } from "../../../ports/cluster.ts";
import { type Core, timestamp } from "../core.ts";
import { conflict, forbidden, invalid, notFound, notSupported } from "../errors.ts";
import { finishIfReleased } from "../lifecycle/finish.ts";
import type { KnownResource } from "../registry.ts";
import { storeKey } from "../store/object-store.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";
const POLICIES = ["Foreground", "Background", "Orphan", "nil"];
const KEPT_NAMESPACES = new Set(["default", "kube-system", "kube-public"]);

export function deleteObject(core: Core, resource: KnownResource, key: ObjectKey, options: DeleteOptions = {}): void {
  const stored = core.store.get(resource.storage, storeKey(resource.namespaced ? key : { name: key.name }));
  if (stored === undefined) throw notFound(resource, key.name);
  refuseOptions(resource, stored, options);
  if (resource.storage === "namespaces" && KEPT_NAMESPACES.has(key.name))
    throw forbidden(resource, key.name, "this namespace may not be deleted");
  if (options.dryRun === true) return;
  markOrRemove(core, resource, stored, options);
}

function refuseOptions(resource: KnownResource, object: KubeObject, options: DeleteOptions): void {
  const { propagationPolicy, preconditions } = options;
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    throw invalid({ ...resource, group: "meta.k8s.io", kind: "DeleteOptions" }, "", [
      notSupported("propagationPolicy", propagationPolicy, POLICIES),
    ]);
  const { name, uid, resourceVersion } = object.metadata;
  const refuse = (what: string, wanted: string, found: string | undefined, why: string) =>
    conflict(
      resource,
      name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). ${why}`,
    );
  if (preconditions?.uid !== undefined && preconditions.uid !== uid)
    throw refuse("UID", preconditions.uid, uid, "The object might have been deleted and then recreated");
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion)
    throw refuse(
      "ResourceVersion",
      preconditions.resourceVersion,
      resourceVersion,
      "The object might have been modified",
    );
}

function markOrRemove(core: Core, resource: KnownResource, object: KubeObject, options: DeleteOptions): void {
  const graceSeconds = resource.storage === "pods" ? podGraceSeconds(object, options) : 0;
  const finalizers = wantedFinalizers(object, options);
  const marked = withDeletionMarks(core, resource, object, finalizers, graceSeconds);
  if (marked !== object && finishIfReleased(core, resource, marked)) return;
  if (marked !== object) core.store.commit(resource.storage, storeKey(object.metadata), marked);
  else finishIfReleased(core, resource, object);
}

/** Nothing to wait for: not scheduled yet, or ended already. */
function podGraceSeconds(pod: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  const { spec, status } = pod as KubeObject & {
    spec?: { nodeName?: string; terminationGracePeriodSeconds?: number };
    status?: { phase?: string };
  };
  if (!spec?.nodeName || status?.phase === "Failed" || status?.phase === "Succeeded") return 0;
  return Math.max(0, gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30);
}

function wantedFinalizers({ metadata }: KubeObject, { propagationPolicy }: DeleteOptions): string[] {
  const { finalizers = [] } = metadata;
  if (propagationPolicy === undefined) return finalizers;
  const own = finalizers.filter((each) => each !== FOREGROUND && each !== ORPHAN);
  if (propagationPolicy === "Foreground") return [...own, FOREGROUND];
  return propagationPolicy === "Orphan" ? [...own, ORPHAN] : own;
}

/** The object as one that is being deleted; a second deletion may only shorten what the first one set. */
function withDeletionMarks(
  core: Core,
  resource: KnownResource,
  object: KubeObject,
  finalizers: string[],
  graceSeconds: number,
): KubeObject {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, generation } = object.metadata;
  const again = deletionTimestamp !== undefined;
  if (again && graceSeconds >= deletionGracePeriodSeconds) return object;
  const metadata = {
    ...object.metadata,
    deletionTimestamp: timestamp(core.clock.now() + graceSeconds * 1_000),
    deletionGracePeriodSeconds: graceSeconds,
    ...(resource.countsGeneration && !again && { generation: (generation ?? 0) + 1 }),
  };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const marked: KubeObject = { ...object, metadata };
  if (resource.storage === "namespaces") marked["status"] = { ...(object["status"] as object), phase: "Terminating" };
  return marked;
}
