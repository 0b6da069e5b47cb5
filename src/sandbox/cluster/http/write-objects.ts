// POST, PUT and PATCH of objects.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { isClusterError, type JsonPatchOperation, type Patch, type WriteOptions } from "../../../ports/cluster.ts";
import { type ApiCall, badRequest, keyOf, managerOf } from "./api-call.ts";
import { mediaType, PROTOBUF, parseBody, readBody } from "./body.ts";
import { type ParsedBody, unsupported } from "./parsed-body.ts";
import { flag, writeQuery } from "./query.ts";
import { objectReply } from "./read-objects.ts";
import type { ObjectReply } from "./reply.ts";
import { invalidOption } from "./status.ts";

export async function createOne(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "CreateOptions");
  const object = objectOf(await receiveObject(call, options, warnings), call);
  const created = await call.cluster.create(call.resource, object, options);
  return { ...objectReply(call, created, 201), warnings };
}

export async function updateOne(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "UpdateOptions");
  const object = objectOf(await receiveObject(call, options, warnings), call);
  const { name } = call.path;
  if (!object.metadata.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (object.metadata.name !== name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  const updated = await call.cluster.update(call.resource, object, options);
  return { ...objectReply(call, updated), warnings };
}

export async function patchOne(call: ApiCall): Promise<ObjectReply> {
  const type = mediaType(call.request.headers["content-type"]);
  if (type === APPLY) return applyOne(call);
  const { options, warnings } = writeOptions(call, "PatchOptions");
  const patch = patchOf(type, await receivePatch(call, options, warnings));
  const patched = await call.cluster.patch(call.resource, keyOf(call), patch, options);
  return { ...objectReply(call, patched), warnings };
}

/** The body of a patch that is no apply. Throws 415 for a type that the resource does not take. */
export async function receivePatch(call: ApiCall, options: WriteOptions, warnings: string[]): Promise<ParsedBody> {
  const type = mediaType(call.request.headers["content-type"]);
  const accepted = patchTypes(call);
  if (!accepted.includes(type)) throw unsupported(accepted);
  if (flag(call.query, "force") === true)
    throw invalidOption("PatchOptions", "force", {
      reason: "FieldValueForbidden",
      message: "Forbidden: may not be specified for non-apply patch",
    });
  return receive(call, options, warnings);
}

async function applyOne(call: ApiCall): Promise<ObjectReply> {
  const { options, warnings } = writeOptions(call, "PatchOptions");
  const fieldManager = call.query.get("fieldManager");
  if (!fieldManager)
    throw invalidOption("PatchOptions", "fieldManager", {
      reason: "FieldValueRequired",
      message: "Required value: is required for apply patch",
    });
  const object = objectOf(await receiveObject(call, options, warnings), call);
  object.metadata.name ??= call.path.name!;
  if (object.metadata.name !== call.path.name)
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${call.path.name})`,
    );
  const existed = await exists(call);
  const force = flag(call.query, "force") === true;
  const applied = await call.cluster.apply(call.resource, object, { ...options, fieldManager, force });
  return { ...objectReply(call, applied, existed ? 200 : 201), warnings };
}

/** The options of the query, and where warnings collect while the write goes on. */
export function writeOptions(call: ApiCall, kind: string): { options: WriteOptions; warnings: string[] } {
  const { subresource } = call.path;
  const warnings: string[] = [];
  return {
    warnings,
    options: {
      ...writeQuery(call.query, kind),
      fieldManager: managerOf(call.query, call.request),
      onWarning: (warning) => warnings.push(warning),
      ...(subresource === "status" || subresource === "scale" ? { subresource } : {}),
    },
  };
}

/** The body, whose type must be one that objects come in. */
export async function receiveObject(call: ApiCall, options: WriteOptions, warnings: string[]): Promise<ParsedBody> {
  const type = mediaType(call.request.headers["content-type"]);
  if (type !== "" && type !== APPLY && !OBJECT_TYPES.includes(type)) throw unsupported(OBJECT_TYPES);
  return receive(call, options, warnings);
}

async function receive(call: ApiCall, options: WriteOptions, warnings: string[]): Promise<ParsedBody> {
  const type = mediaType(call.request.headers["content-type"]);
  const body = await parseBody(await readBody(call.request), type);
  const doubled = body.duplicates.map((field) => `duplicate field "${field}"`);
  if (doubled.length === 0 || options.fieldValidation === "Ignore") return body;
  if (options.fieldValidation === "Strict") {
    const { kind, version } = call.resource;
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${doubled.join(", ")}`,
    );
  }
  warnings.push(...doubled);
  return body;
}

const APPLY = "application/apply-patch+yaml";
const OBJECT_TYPES = ["application/json", "application/yaml", PROTOBUF];

function patchTypes({ resource: { custom }, path }: ApiCall): string[] {
  return [
    "application/json-patch+json",
    "application/merge-patch+json",
    // Custom resources have no patch strategies to merge by.
    ...(custom ? [] : ["application/strategic-merge-patch+json"]),
    ...(path.subresource === "scale" ? [] : [APPLY]),
  ];
}

export function patchOf(type: string, { value }: ParsedBody): Patch {
  if (type === "application/json-patch+json") {
    if (!Array.isArray(value)) throw badRequest("a JSON patch must be a list of operations");
    return { type: "json", operations: value as JsonPatchOperation[] };
  }
  if (!isRecord(value)) throw badRequest("a merge patch must be a JSON object");
  return { type: type.includes("strategic") ? "strategic" : "merge", body: value };
}

/** The body as an object in the path's namespace, which it may leave out. The cluster checks the kind. */
export function objectOf({ value }: ParsedBody, { resource, path }: ApiCall): KubeObject {
  if (!isRecord(value)) throw badRequest("the object provided is unrecognized: a JSON object is expected");
  const metadata = value.metadata ?? {};
  if (!isRecord(metadata)) throw badRequest("metadata: an object is expected");
  if (!resource.namespaced) return { ...value, metadata } as unknown as KubeObject;
  if (metadata.namespace !== undefined && metadata.namespace !== "" && metadata.namespace !== path.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  return { ...value, metadata: { ...metadata, namespace: path.namespace } } as unknown as KubeObject;
}

async function exists(call: ApiCall): Promise<boolean> {
  try {
    await call.cluster.get(call.resource, keyOf(call));
    return true;
  } catch (error) {
    if (isClusterError(error, "NotFound")) return false;
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
