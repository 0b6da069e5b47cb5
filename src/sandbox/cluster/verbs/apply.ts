// Server-side apply: the caller's fields laid over what is there, with every field's owner known.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { apiVersionOf } from "../../../core/kubernetes/resource.ts";
import type { ApplyOptions } from "../../../ports/cluster.ts";
import { decode, schemaOf } from "../decode.ts";
import { badRequest, invalid, modifiedMeanwhile, notFound, requiredValue } from "../errors.ts";
import { applyConfiguration, managerOf } from "../fields/managers.ts";
import { type JsonObject, receive, sameJson } from "../json.ts";
import { rulesOf } from "../kinds/rules.ts";
import { pruneUnknown } from "../schema/prune.ts";
import { storeKey } from "../store/object-store.ts";
import { admitNew } from "./create.ts";
import { replaceObject } from "./replace.ts";
import { refuseNoStatus } from "./subresources.ts";
import { type Call, inVersion } from "./write.ts";

export function applyObject(call: Call<ApplyOptions>, incoming: unknown): KubeObject {
  const { core, resource, options } = call;
  refuseNoStatus(resource, options.subresource);
  const applied = readConfiguration(call, receive(incoming));
  const { name, namespace } = applied["metadata"] as { name: string; namespace?: string };
  const key = storeKey(resource.namespaced ? { namespace, name } : { name });
  const stored = core.store.get(resource.storage, key);
  const manager = managerOf(resource, options.fieldManager, "Apply", options.subresource);
  const context = { resource, manager, now: core.now() };
  if (stored === undefined) {
    if (options.subresource === "status") throw notFound(resource, name);
    const body = applyConfiguration(context, undefined, applied, true);
    const object = decode(resource, body, { fieldValidation: "Ignore" });
    rulesOf(resource).fillIn?.(object);
    return admitNew(call, object);
  }
  const before = inVersion(resource, stored);
  const version = (applied["metadata"] as JsonObject)["resourceVersion"];
  if (version !== undefined && version !== before.metadata.resourceVersion) throw modifiedMeanwhile(resource, name);
  const merged = applyConfiguration(context, before, applied, options.force === true);
  const after = decode(resource, merged, { fieldValidation: "Ignore" });
  keepTimesOfNoChange(before, after);
  return replaceObject(call, before, after, "applied");
}

/** What the caller applies, checked as a configuration of its own. */
function readConfiguration({ resource, options }: Call<ApplyOptions>, body: JsonObject): JsonObject {
  if (!options.fieldManager)
    throw invalid({ group: "meta.k8s.io", version: "v1", kind: "PatchOptions", plural: "", namespaced: false }, "", [
      requiredValue("fieldManager", "is required for apply patch"),
    ]);
  const { apiVersion, kind } = body;
  if (apiVersion === undefined || kind === undefined)
    throw badRequest(`an applied configuration needs apiVersion and kind: ${apiVersionOf(resource)}, ${resource.kind}`);
  const metadata = (body["metadata"] ?? {}) as JsonObject;
  if (metadata["managedFields"] !== undefined) throw badRequest("metadata.managedFields must be nil");
  if (!metadata["name"]) throw badRequest("metadata.name is required in an applied configuration");
  if (resource.namespaced && !metadata["namespace"])
    throw badRequest("metadata.namespace is required in an applied configuration of a namespaced kind");
  const copy = receive(body);
  decode(resource, copy, options);
  pruneUnknown(schemaOf(resource), body);
  return body;
}

/** An apply that changes nothing keeps the time of its entry, so that it is seen to be no change. */
function keepTimesOfNoChange(before: KubeObject, after: KubeObject): void {
  const entries = before.metadata.managedFields ?? [];
  for (const entry of after.metadata.managedFields ?? []) {
    const same = entries.find(
      (each) =>
        each.manager === entry.manager && each.operation === entry.operation && sameJson(each.fieldsV1, entry.fieldsV1),
    );
    if (same?.time !== undefined && same.subresource === entry.subresource) entry.time = same.time;
  }
}
