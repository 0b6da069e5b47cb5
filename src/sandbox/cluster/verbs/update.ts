// PUT and PATCH of an object or of its status.

import type { KubeObject, ObjectKey } from "../../../core/kubernetes/object.ts";
import type { Patch } from "../../../ports/cluster.ts";
import { decode, schemaOf } from "../decode.ts";
import { badRequest } from "../errors.ts";
import { copyJson, type JsonObject, receive } from "../json.ts";
import { patchDocument } from "../patch/apply-patch.ts";
import { refuseStale, replaceObject, storedObject } from "./replace.ts";
import { refuseNoStatus } from "./subresources.ts";
import type { Call } from "./write.ts";

export function updateObject(call: Call, incoming: KubeObject): KubeObject {
  const body = receive(incoming);
  const { namespace, name } = (body["metadata"] ?? {}) as { namespace?: string; name?: string };
  if (!name) throw badRequest("name must be provided");
  return replaceWith(call, { namespace, name }, body);
}

export function patchObject(call: Call, key: ObjectKey, patch: Patch): KubeObject {
  const { resource } = call;
  const before = storedObject(call, key);
  const document = copyJson(before) as unknown as JsonObject;
  return replaceWith(call, key, patchDocument(document, patch, schemaOf(resource), resource.custom));
}

/** A new state of the object, as a caller wrote it. */
function replaceWith(call: Call, key: ObjectKey, body: JsonObject): KubeObject {
  const { resource, options } = call;
  refuseNoStatus(resource, options.subresource);
  if (resource.deprecationWarning !== undefined) options.onWarning?.(resource.deprecationWarning);
  const before = storedObject(call, key);
  const after = decode(resource, body, options);
  refuseOtherName(key, after);
  refuseStale(call, before, after);
  return replaceObject(call, before, after);
}

function refuseOtherName({ namespace, name }: ObjectKey, { metadata }: KubeObject): void {
  if (metadata.name !== undefined && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  if (metadata.namespace !== undefined && namespace !== undefined && metadata.namespace !== namespace)
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the URL (${namespace})`,
    );
}
