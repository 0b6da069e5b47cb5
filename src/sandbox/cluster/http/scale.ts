// The scale subresource: replicas of anything that has them, in one form (autoscaling/v1 Scale). It is a view of the
// object; writing it writes the object's replicas under the object's own resourceVersion.

import type { KubeObject, ObjectMeta } from "../../../core/kubernetes/object.ts";
import { ClusterError, isClusterError, type WriteOptions } from "../../../ports/cluster.ts";
import { modifiedMeanwhile, notFound } from "../errors.ts";
import type { KnownResource, ScalePaths } from "../registry.ts";
import { type ApiCall, badRequest, keyOf } from "./api-call.ts";
import { mediaType, type ParsedBody } from "./body.ts";
import { json, type ObjectReply } from "./reply.ts";
import { Refusal } from "./status.ts";
import { parseJsonPath } from "./table/json-path.ts";
import { selectorText } from "./table/workload-rows.ts";
import { receiveObject, receivePatch, writeOptions } from "./write-objects.ts";

export interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

export async function readScale(call: ApiCall): Promise<ObjectReply> {
  return json(scaleOf(call.resource, await call.cluster.get(call.resource, keyOf(call))));
}

export async function updateScale(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "UpdateOptions");
  const { value } = await receiveObject(call, options, warnings);
  const current = await call.cluster.get(call.resource, keyOf(call));
  const changed = await writeReplicas(call, current, value, options);
  return { ...json(scaleOf(call.resource, changed)), warnings };
}

export async function patchScale(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "PatchOptions");
  const body = await receivePatch(call, options, warnings);
  const type = mediaType(call.request.headers["content-type"]);
  for (let attempt = 1; ; attempt += 1) {
    const current = await call.cluster.get(call.resource, keyOf(call));
    const wanted = await patched(scaleOf(call.resource, current), type, body);
    try {
      const changed = await writeReplicas(call, current, wanted, options);
      return { ...json(scaleOf(call.resource, changed)), warnings };
    } catch (error) {
      // Somebody wrote in between; a patch without a version of its own starts over from what is there now.
      if (!isClusterError(error, "Conflict") || attempt >= 5 || hasVersion(body)) throw error;
    }
  }
}

/** Throws InternalError when the replicas have no value, as a real server does for custom resources. */
export function scaleOf({ subresources, custom }: KnownResource, object: KubeObject): Scale {
  const paths = subresources.scale!;
  const replicas = numberAt(object, paths.specReplicasPath);
  if (replicas === undefined && custom)
    throw new ClusterError("InternalError", `the spec replicas field "${paths.specReplicasPath}" does not exist`);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorAt(object, paths);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: replicas ?? 1 },
    status: {
      replicas: numberAt(object, paths.statusReplicasPath) ?? 0,
      ...(selector === undefined ? {} : { selector }),
    },
  };
}

async function writeReplicas(
  call: ApiCall,
  current: KubeObject,
  scale: unknown,
  { fieldManager, dryRun }: WriteOptions,
): Promise<KubeObject> {
  const { resource, cluster } = call;
  const replicas = checkedReplicas(call, current, scale);
  const pointer = resource.subresources.scale!.specReplicasPath.replaceAll(".", "/");
  const version = { op: "test" as const, path: "/metadata/resourceVersion", value: current.metadata.resourceVersion };
  const write = { op: "add" as const, path: pointer, value: replicas };
  try {
    return await cluster.patch(
      resource,
      keyOf(call),
      { type: "json", operations: [version, write] },
      { fieldManager, dryRun },
    );
  } catch (error) {
    // A failed test says only "Invalid"; the version tells whether it was a conflict.
    const now = await cluster.get(resource, keyOf(call));
    if (now.metadata.resourceVersion !== current.metadata.resourceVersion)
      throw modifiedMeanwhile(resource, current.metadata.name);
    throw error;
  }
}

function checkedReplicas(call: ApiCall, current: KubeObject, scale: unknown): number {
  if (typeof scale !== "object" || scale === null) throw badRequest("a Scale object is expected");
  const { kind, metadata, spec } = scale as Partial<Scale>;
  if (kind !== undefined && kind !== "Scale") throw badRequest(`the path takes a Scale, not a ${JSON.stringify(kind)}`);
  if (metadata !== undefined) checkPreconditions(call.resource, current, metadata);
  const replicas: unknown = spec?.replicas ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas))
    throw badRequest(`Scale in version "v1" cannot be handled as a Scale: spec.replicas must be a whole number`);
  if (replicas < 0) throw negativeReplicas(call.path.name!, replicas);
  return replicas;
}

/** A Scale that names a uid or version means that object and no other. */
function checkPreconditions(resource: KnownResource, { metadata }: KubeObject, wanted: Partial<ObjectMeta>): void {
  if (wanted.uid && wanted.uid !== metadata.uid) throw notFound(resource, metadata.name);
  if (wanted.resourceVersion && wanted.resourceVersion !== metadata.resourceVersion)
    throw modifiedMeanwhile(resource, metadata.name);
}

function negativeReplicas(name: string, replicas: number): Refusal {
  const field = "spec.replicas";
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  const causes = [{ reason: "FieldValueInvalid", field, message }];
  const details = { name, group: "autoscaling", kind: "Scale", causes };
  return new Refusal(422, "Invalid", `Scale.autoscaling "${name}" is invalid: ${field}: ${message}`, details);
}

async function patched(scale: Scale, type: string, { value }: ParsedBody): Promise<unknown> {
  if (type !== "application/json-patch+json") return merged(scale, value);
  const { applyPatch } = (await import("fast-json-patch")).default;
  try {
    return applyPatch<Scale>(structuredClone(scale), value as Parameters<typeof applyPatch>[1], true).newDocument;
  } catch (error) {
    throw new Refusal(
      422,
      "Invalid",
      `the patch does not fit the Scale: ${(error as Error).message.split("\n")[0]}`,
      {},
    );
  }
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  return result;
}

function hasVersion({ value }: ParsedBody): boolean {
  return isRecord(value) && isRecord(value.metadata) && value.metadata.resourceVersion !== undefined;
}

function numberAt(object: KubeObject, path: string): number | undefined {
  const [found] = parseJsonPath(path)?.find(object) ?? [];
  return typeof found === "number" ? found : undefined;
}

/** Built-in kinds hold a LabelSelector there, custom ones its text. */
function selectorAt(object: KubeObject, { labelSelectorPath }: ScalePaths): string | undefined {
  if (labelSelectorPath === undefined) return undefined;
  const [found] = parseJsonPath(labelSelectorPath)?.find(object) ?? [];
  if (typeof found === "string") return found;
  return found === undefined ? undefined : selectorText(found);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
