// From what a caller sent to an object in the resource's own terms: known fields only, right types, defaults filled in.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { apiVersionOf } from "../../core/kubernetes/resource.ts";
import type { WriteOptions } from "../../ports/cluster.ts";
import { badRequest } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { KnownResource } from "./registry.ts";
import { applyDefaults } from "./schema/default.ts";
import { goTypeError } from "./schema/go-types.ts";
import { META_SCHEMA } from "./schema/metadata-schema.ts";
import { dropNulls } from "./schema/nulls.ts";
import { pruneUnknown } from "./schema/prune.ts";
import { nodeOf, type SchemaNode } from "./schema/schema-node.ts";

/** The schema of a whole object, its metadata included. */
export function schemaOf(resource: KnownResource): SchemaNode {
  return nodeOf(resource.schema, resource.definitions);
}

/** Changes `body` in place and returns it as an object of the resource. Throws `BadRequest`. */
export function decode(resource: KnownResource, body: JsonObject, options: WriteOptions): KubeObject {
  checkType(resource, body);
  const schema = schemaOf(resource);
  if (!resource.custom) refuseType(resource, goTypeError(schema, body));
  else {
    refuseType(resource, goTypeError(META_SCHEMA, (body["metadata"] ??= {})));
    dropNulls(schema, body);
  }
  handleUnknown(resource, pruneUnknown(schema, body), options);
  body["metadata"] ??= {};
  applyDefaults(schema, body);
  return body as unknown as KubeObject;
}

function checkType(resource: KnownResource, body: JsonObject): void {
  const wanted = apiVersionOf(resource);
  const { apiVersion = wanted, kind = resource.kind } = body as { apiVersion?: string; kind?: string };
  if (apiVersion !== wanted)
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  if (kind !== resource.kind)
    throw badRequest(`${kind} in version "${resource.version}" cannot be handled as a ${resource.kind}`);
  body["apiVersion"] = wanted;
  body["kind"] = resource.kind;
}

function refuseType(resource: KnownResource, error: string | undefined): void {
  if (error !== undefined) throw badRequest(cannotBeHandled(resource, error));
}

function handleUnknown(resource: KnownResource, unknown: string[], options: WriteOptions): void {
  if (unknown.length === 0 || options.fieldValidation === "Ignore") return;
  const texts = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (options.fieldValidation === "Strict")
    throw badRequest(cannotBeHandled(resource, `strict decoding error: ${texts.join(", ")}`));
  for (const text of texts) options.onWarning?.(text);
}

function cannotBeHandled({ kind, version }: KnownResource, why: string): string {
  return `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`;
}
