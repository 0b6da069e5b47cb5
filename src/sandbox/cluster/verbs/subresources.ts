// The status and scale subresources.

import type { KubeObject, ObjectKey } from "../../../core/kubernetes/object.ts";
import { formatSelector, type LabelSelector } from "../../../core/kubernetes/selector.ts";
import { ClusterError, type Patch } from "../../../ports/cluster.ts";
import { decode } from "../decode.ts";
import { badRequest, conflict, invalid, invalidValue, unknownResource } from "../errors.ts";
import { copyJson, isObject, type Json, type JsonObject, receive } from "../json.ts";
import { patchDocument } from "../patch/apply-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import type { KnownResource, ScalePaths } from "../registry.ts";
import { nodeOf } from "../schema/schema-node.ts";
import { replaceObject, storedObject } from "./replace.ts";
import type { Call } from "./write.ts";

export interface Scale extends KubeObject {
  apiVersion: "autoscaling/v1";
  kind: "Scale";
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

/** Throws `NotFound` when the resource has no such subresource. */
export function refuseNoStatus(resource: KnownResource, subresource: "status" | "scale" | undefined): void {
  if (subresource === "status" && !resource.subresources.status)
    throw unknownResource({ ...resource, plural: `${resource.plural}/status` });
}

/** An object seen through its scale subresource. Throws `NotFound` when the resource has none. */
export function scaleOf(resource: KnownResource, object: KubeObject): Scale {
  const paths = scalePaths(resource);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.labelSelectorPath === undefined ? undefined : at(object, paths.labelSelectorPath);
  const replicas = at(object, paths.specReplicasPath);
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === "number" ? { replicas } : {},
    status: {
      replicas: Number(at(object, paths.statusReplicasPath) ?? 0),
      ...(selector !== undefined && {
        selector: typeof selector === "string" ? selector : formatSelector(selector as LabelSelector),
      }),
    },
  };
}

/** PUT of a Scale. */
export function updateScale(call: Call, incoming: KubeObject): Scale {
  const body = receive(incoming);
  const { name, namespace } = incoming.metadata;
  return writeScale(call, { name, namespace }, body);
}

/** PATCH of a Scale. */
export function patchScale(call: Call, key: ObjectKey, patch: Patch): Scale {
  const scale = copyJson(scaleOf(call.resource, storedObject(call, key))) as unknown as JsonObject;
  if (patch.type === "json") return writeScale(call, key, patchDocument(scale, patch, nodeOf({}, {}), false));
  return writeScale(call, key, mergePatch(scale, receive(patch.body)) as JsonObject);
}

function writeScale(call: Call, key: ObjectKey, scale: JsonObject): Scale {
  const { resource } = call;
  const paths = scalePaths(resource);
  const before = storedObject(call, key);
  const replicas = (scale["spec"] as JsonObject | undefined)?.["replicas"] ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas))
    throw badRequest("spec.replicas must be a whole number");
  if (replicas < 0)
    throw invalid({ ...resource, group: "autoscaling", kind: "Scale" }, key.name, [
      invalidValue("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  const version = (scale["metadata"] as JsonObject | undefined)?.["resourceVersion"];
  if (version !== undefined && version !== before.metadata.resourceVersion)
    throw conflict(
      resource,
      key.name,
      "the object has been modified; please apply your changes to the latest version and try again",
    );
  const after = copyJson(before) as unknown as JsonObject;
  set(after, steps(paths.specReplicasPath), replicas);
  return scaleOf(resource, replaceObject(call, before, decode(resource, after, call.options)));
}

function scalePaths(resource: KnownResource): ScalePaths {
  const { scale } = resource.subresources;
  if (scale === undefined) throw unknownResource({ ...resource, plural: `${resource.plural}/scale` });
  return scale;
}

function steps(path: string): string[] {
  return path.split(".").filter((step) => step !== "");
}

function at(object: KubeObject, path: string): unknown {
  return steps(path).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), object);
}

function set(target: JsonObject, [first, ...rest]: string[], value: Json): void {
  if (first === undefined) throw new ClusterError("InternalError", "a scale path is empty");
  if (rest.length === 0) target[first] = value;
  else set((target[first] ??= {}) as JsonObject, rest, value);
}
