// POST: a new object.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { decode, schemaOf } from "../decode.ts";
import { alreadyExists, badRequest, forbidden, notFound } from "../errors.ts";
import { managedAfterUpdate, managerOf } from "../fields/managers.ts";
import { type JsonObject, receive } from "../json.ts";
import { rulesOf } from "../kinds/rules.ts";
import { applyDefaults } from "../schema/default.ts";
import { storeKey } from "../store/object-store.ts";
import { type Call, commit, refuseWrong } from "./write.ts";

export function createObject(call: Call, incoming: unknown): KubeObject {
  const { core, resource, user, options } = call;
  const body = receive(incoming);
  if (resource.deprecationWarning !== undefined) options.onWarning?.(resource.deprecationWarning);
  const object = decode(resource, body, options);
  if (object.metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  nameIt(call, object);
  rulesOf(resource).fillIn?.(object);
  const manager = managerOf(resource, options.fieldManager ?? user.name, "Update");
  const managedFields = managedAfterUpdate({ resource, manager, now: core.now() }, undefined, object);
  return admitNew(call, { ...object, metadata: { ...object.metadata, managedFields } });
}

/** The rest of a creation, when fields are decoded, filled in and owned: also how an apply creates. */
export function admitNew(call: Call, object: KubeObject): KubeObject {
  const { core, resource, user } = call;
  refuseClosedNamespace(call, object);
  const { metadata } = object;
  for (const field of ["deletionTimestamp", "deletionGracePeriodSeconds", "generation"] as const)
    delete metadata[field];
  metadata.uid = core.uid();
  metadata.creationTimestamp = core.now();
  if (resource.countsGeneration) metadata.generation = 1;
  if (resource.subresources.status) {
    delete object["status"];
    // A real server fills in the defaults of custom kinds whenever it reads them.
    if (resource.custom) applyDefaults(schemaOf(resource), object as unknown as JsonObject);
  }
  rulesOf(resource).prepareCreate?.(core, object, user);
  refuseWrong(call, object);
  const warning = rulesOf(resource).warning?.(object);
  if (warning !== undefined) call.options.onWarning?.(warning);
  if (core.store.get(resource.storage, storeKey(metadata)) !== undefined) throw alreadyExists(resource, metadata.name);
  return commit(call, dropUndefined(object));
}

function nameIt({ core, resource }: Call, { metadata }: KubeObject): void {
  if (!resource.namespaced) delete metadata.namespace;
  else if (!metadata.namespace)
    throw badRequest(`an empty namespace may not be set during creation of a ${resource.kind}: set metadata.namespace`);
  if (!metadata.name && metadata.generateName) metadata.name = metadata.generateName.slice(0, 58) + core.nameSuffix();
}

/** A namespace must exist and must not be going. */
function refuseClosedNamespace({ core, resource }: Call, { metadata }: KubeObject): void {
  if (!resource.namespaced) return;
  const name = metadata.namespace!;
  const namespace = core.store.get("namespaces", storeKey({ name }));
  if (namespace === undefined)
    throw notFound({ group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false }, name);
  if (namespace.metadata.deletionTimestamp !== undefined)
    throw forbidden(
      resource,
      metadata.name,
      `unable to create new content in namespace ${name} because it is being terminated`,
    );
}

function dropUndefined(object: KubeObject): KubeObject {
  const metadata = object.metadata as unknown as JsonObject;
  for (const field of Object.keys(metadata)) if (metadata[field] === undefined) delete metadata[field];
  return object;
}
