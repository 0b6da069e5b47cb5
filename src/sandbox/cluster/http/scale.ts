// The scale subresource: replicas of anything that has them, in one form (autoscaling/v1 Scale).

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { scaleOf } from "../verbs/subresources.ts";
import { type ApiCall, badRequest, keyOf } from "./api-call.ts";
import { mediaType } from "./body.ts";
import { json, type ObjectReply } from "./reply.ts";
import { objectOf, patchOf, receiveObject, receivePatch, writeOptions } from "./write-objects.ts";

export async function readScale(call: ApiCall): Promise<ObjectReply> {
  return json(scaleOf(call.resource, await call.cluster.get(call.resource, keyOf(call))));
}

export async function updateScale(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "UpdateOptions");
  const scale = objectOf(await receiveObject(call, options, warnings), call);
  if (scale.kind !== undefined && scale.kind !== "Scale")
    throw badRequest(`the path takes a Scale, not a ${JSON.stringify(scale.kind)}`);
  const { name } = call.path;
  const metadata = { ...scale.metadata, name: name! };
  const changed = await call.cluster.update<KubeObject>(call.resource, { ...scale, metadata }, options);
  return { ...json(changed), warnings };
}

export async function patchScale(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "PatchOptions");
  const body = await receivePatch(call, options, warnings);
  const patch = patchOf(mediaType(call.request.headers["content-type"]), body);
  const changed = await call.cluster.patch(call.resource, keyOf(call), patch, options);
  return { ...json(changed), warnings };
}
