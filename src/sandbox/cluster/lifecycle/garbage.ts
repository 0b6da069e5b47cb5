// Owner references: what goes with an owner, what stays without one, and who waits for whom.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/

import type { KubeObject, OwnerReference } from "../../../core/kubernetes/object.ts";
import type { Core } from "../core.ts";
import type { KnownResource } from "../registry.ts";
import { type Commit, storeKey } from "../store/object-store.ts";
import { deleteObject, FOREGROUND, ORPHAN } from "../verbs/delete.ts";
import { finishIfReleased } from "./finish.ts";

/** Call once; follows every commit. */
export function collectGarbage(core: Core): void {
  core.store.onCommit((commit) => follow(core, commit));
}

/** After a restart: objects whose owners went while nobody looked. */
export function sweepGarbage(core: Core): void {
  for (const [storage, { objects }] of core.store.collections())
    for (const [key, object] of objects)
      if (object.metadata.ownerReferences !== undefined) core.defer(() => removeIfOwnerless(core, storage, key));
}

function follow(core: Core, { storage, key, before, after }: Commit): void {
  if (after === undefined) {
    const uid = before!.metadata.uid!;
    for (const place of core.store.dependentsOf(uid))
      core.defer(() => removeIfOwnerless(core, place.storage, place.key));
    for (const owner of before!.metadata.ownerReferences ?? [])
      core.defer(() => releaseOwner(core, placeOf(core, owner, before!)));
    return;
  }
  const { deletionTimestamp, finalizers = [], ownerReferences } = after.metadata;
  if (deletionTimestamp !== undefined && finalizers.includes(ORPHAN))
    core.defer(() => orphanDependents(core, storage, key));
  if (deletionTimestamp !== undefined && finalizers.includes(FOREGROUND))
    core.defer(() => deleteDependents(core, storage, key));
  if (ownerReferences !== undefined && ownerReferences !== before?.metadata.ownerReferences)
    core.defer(() => removeIfOwnerless(core, storage, key));
}

/** A dependent whose owners are all gone goes too; one with an owner left only loses the references to the gone ones. */
function removeIfOwnerless(core: Core, storage: string, key: string): void {
  const object = core.store.get(storage, key);
  const resource = core.registry.ofStorage(storage);
  if (object === undefined || resource === undefined) return;
  const owners = object.metadata.ownerReferences ?? [];
  const living = owners.filter((owner) => ownerExists(core, owner, object));
  if (owners.length === 0 || living.length === owners.length) return;
  if (living.length === 0) {
    if (object.metadata.deletionTimestamp === undefined)
      deleteObject(core, resource, object.metadata, { propagationPolicy: "Background" });
    return;
  }
  core.store.commit(storage, key, withOwners(object, living));
}

function ownerExists(core: Core, owner: OwnerReference, dependent: KubeObject): boolean {
  const place = placeOf(core, owner, dependent);
  // Of a kind that is not served nothing can be said, so nothing is deleted.
  return place === undefined || core.store.get(place.storage, place.key)?.metadata.uid === owner.uid;
}

interface Place {
  storage: string;
  key: string;
}

/** Where an owner would lie: in its dependent's namespace, or cluster-scoped. */
function placeOf(core: Core, owner: OwnerReference, { metadata }: KubeObject): Place | undefined {
  const resource = resourceOf(core, owner);
  if (resource === undefined) return undefined;
  const namespace = resource.namespaced ? metadata.namespace : undefined;
  return { storage: resource.storage, key: storeKey({ namespace, name: owner.name }) };
}

function resourceOf(core: Core, { apiVersion, kind }: { apiVersion: string; kind: string }): KnownResource | undefined {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return core.registry.all().find((each) => each.group === group && each.kind === kind);
}

function orphanDependents(core: Core, storage: string, key: string): void {
  const owner = core.store.get(storage, key);
  if (owner === undefined) return;
  const uid = owner.metadata.uid!;
  for (const place of core.store.dependentsOf(uid)) {
    const dependent = core.store.get(place.storage, place.key)!;
    const left = (dependent.metadata.ownerReferences ?? []).filter((each) => each.uid !== uid);
    core.store.commit(place.storage, place.key, withOwners(dependent, left));
  }
  removeFinalizer(core, storage, key, ORPHAN);
}

function deleteDependents(core: Core, storage: string, key: string): void {
  const owner = core.store.get(storage, key);
  if (owner === undefined) return;
  for (const place of core.store.dependentsOf(owner.metadata.uid!)) {
    const dependent = core.store.get(place.storage, place.key)!;
    const resource = core.registry.ofStorage(place.storage);
    if (dependent.metadata.deletionTimestamp !== undefined || resource === undefined) continue;
    const deeper = core.store.dependentsOf(dependent.metadata.uid!).length > 0;
    deleteObject(core, resource, dependent.metadata, { propagationPolicy: deeper ? "Foreground" : "Background" });
  }
  releaseOwner(core, { storage, key });
}

/** An owner in foreground deletion goes when no dependent blocks it any more. */
function releaseOwner(core: Core, place: Place | undefined): void {
  const owner = place === undefined ? undefined : core.store.get(place.storage, place.key);
  if (place === undefined || !owner?.metadata.finalizers?.includes(FOREGROUND)) return;
  const { uid } = owner.metadata;
  const isBlocked = core.store
    .dependentsOf(uid!)
    .some((each) =>
      core.store
        .get(each.storage, each.key)
        ?.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
    );
  if (!isBlocked) removeFinalizer(core, place.storage, place.key, FOREGROUND);
}

function removeFinalizer(core: Core, storage: string, key: string, finalizer: string): void {
  const object = core.store.get(storage, key);
  const resource = core.registry.ofStorage(storage);
  if (object?.metadata.deletionTimestamp === undefined || !object.metadata.finalizers?.includes(finalizer)) return;
  const { finalizers: _, ...rest } = object.metadata;
  const finalizers = object.metadata.finalizers.filter((each) => each !== finalizer);
  const released = { ...object, metadata: finalizers.length > 0 ? { ...rest, finalizers } : rest };
  if (resource === undefined || !finishIfReleased(core, resource, released)) core.store.commit(storage, key, released);
}

function withOwners(object: KubeObject, owners: KubeObject["metadata"]["ownerReferences"]): KubeObject {
  const { ownerReferences: _, ...rest } = object.metadata;
  return {
    ...object,
    metadata: owners !== undefined && owners.length > 0 ? { ...rest, ownerReferences: owners } : rest,
  };
}
