// The change of an existing object, whichever way the new state was made: what the server keeps for itself, validation, commit.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { conflict, invalid, invalidValue, modifiedMeanwhile, notFound } from "../errors.ts";
import { managedAfterUpdate, managerOf } from "../fields/managers.ts";
import { copyJson, sameJson } from "../json.ts";
import { rulesOf } from "../kinds/rules.ts";
import { finishIfReleased } from "../lifecycle/finish.ts";
import { storeKey } from "../store/object-store.ts";
import { type Call, commit, inVersion, refuseWrong } from "./write.ts";

/** The stored object in the call's version. Throws `NotFound`. */
export function storedObject({ core, resource }: Call, key: { namespace?: string; name: string }): KubeObject {
  const scoped = resource.namespaced ? key : { name: key.name };
  const stored = core.store.get(resource.storage, storeKey(scoped));
  if (stored === undefined) throw notFound(resource, key.name);
  return inVersion(resource, stored);
}

/** Throws `Conflict` when the new state was made from another version than the stored one. */
export function refuseStale({ resource }: Call, before: KubeObject, after: KubeObject): void {
  const { resourceVersion, uid } = after.metadata;
  const { name } = before.metadata;
  if (uid !== undefined && uid !== "" && uid !== before.metadata.uid)
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`,
    );
  if (resourceVersion) {
    if (resourceVersion !== before.metadata.resourceVersion) throw modifiedMeanwhile(resource, name);
  } else if (!resource.allowsUnconditionalUpdate)
    throw invalid({ ...resource, kind: resource.plural }, name, [
      invalidValue("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
}

/** Commits `after` (decoded, defaults filled in) in place of `before`. Owners are computed unless an apply brings them. */
export function replaceObject(call: Call, before: KubeObject, after: KubeObject, managed?: "applied"): KubeObject {
  const { core, resource, user, options } = call;
  rulesOf(resource).fillIn?.(after);
  const given = after.metadata.managedFields;
  keepServerFields(call, before, after);
  after.metadata.managedFields = given;
  if (managed === undefined) {
    const manager = managerOf(resource, options.fieldManager ?? user.name, "Update", options.subresource);
    after.metadata.managedFields = managedAfterUpdate({ resource, manager, now: core.now() }, before, after);
  }
  if (after.metadata.managedFields === undefined) delete after.metadata.managedFields;
  if (options.subresource !== "status") rulesOf(resource).prepareUpdate?.(core, before, after);
  if (countsAsNewGeneration(call, before, after)) after.metadata.generation = (before.metadata.generation ?? 0) + 1;
  refuseWrong(call, after, before);
  if (isSame(before, after)) return before;
  if (options.dryRun !== true && finishIfReleased(core, resource, after)) return after;
  return commit(call, after);
}

/** Metadata that only the server writes; status on the main path; everything else on the status path. */
function keepServerFields({ resource, options }: Call, before: KubeObject, after: KubeObject): void {
  const kept = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
  ];
  const { metadata } = after as unknown as { metadata: Record<string, unknown> };
  const old = before.metadata as unknown as Record<string, unknown>;
  metadata["name"] = old["name"];
  if (old["namespace"] !== undefined) metadata["namespace"] = old["namespace"];
  for (const field of kept)
    if (old[field] === undefined) delete metadata[field];
    else metadata[field] = old[field];
  if (old["generateName"] !== undefined) metadata["generateName"] = old["generateName"];
  if (options.subresource === "status") keepAllButStatus(before, after);
  else if (resource.subresources.status) {
    if (before["status"] === undefined) delete after["status"];
    else after["status"] = before["status"];
  }
}

function keepAllButStatus(before: KubeObject, after: KubeObject): void {
  const { status } = after;
  for (const field of Object.keys(after)) if (field !== "managedFields") delete after[field];
  Object.assign(after, { ...before, metadata: copyJson(before.metadata) });
  if (status === undefined) delete after["status"];
  else after["status"] = status;
}

/** Changes of metadata and status are no new generation; the start of a deletion is (see delete.ts). */
function countsAsNewGeneration({ resource, options }: Call, before: KubeObject, after: KubeObject): boolean {
  if (!resource.countsGeneration || options.subresource === "status") return false;
  const ignored = resource.subresources.status ? ["metadata", "status"] : ["metadata"];
  return !sameJson(without(before, ignored), without(after, ignored));
}

function without(object: KubeObject, fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
}

/** A write that changes nothing is none; times of ownership alone don't count. */
function isSame(before: KubeObject, after: KubeObject): boolean {
  return sameJson(before, after);
}
