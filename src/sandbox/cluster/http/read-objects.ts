// GET of one object or a collection, in the form the client wants.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { apiVersionOf } from "../../../core/kubernetes/resource.ts";
import type { ApiCall } from "./api-call.ts";
import { keyOf } from "./api-call.ts";
import { type ListQuery, listQuery } from "./query.ts";
import type { ObjectReply } from "./reply.ts";
import { Refusal } from "./status.ts";
import { type IncludeObject, partialMetadata, renderTable } from "./table/render-table.ts";

export async function readOne(call: ApiCall): Promise<ObjectReply> {
  return objectReply(call, await call.cluster.get(call.resource, keyOf(call)));
}

export async function readList(call: ApiCall): Promise<ObjectReply> {
  const { cluster, resource, query, path, wanted } = call;
  const options = listQuery(query, path.namespace);
  const list = await cluster.list(resource, options);
  checkVersion(options, list.resourceVersion);
  const metadata = {
    resourceVersion: list.resourceVersion,
    ...(list.continue === undefined ? {} : { continue: list.continue }),
    ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }),
  };
  if (wanted.as === "Table") {
    const table = { nowMs: call.clock.now(), include: includeObject(query), listMeta: metadata };
    return shaped(call, renderTable(resource, list.items, table));
  }
  if (wanted.as === "PartialObjectMetadata") {
    const items = list.items.map(partialMetadata);
    return shaped(call, { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items });
  }
  return shaped(call, { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items: list.items });
}

/** One object in the form the client wants. */
export function objectReply(call: ApiCall, object: KubeObject, code = 200): ObjectReply {
  const { wanted, resource, query, clock } = call;
  if (wanted.as === "Table")
    return shaped(call, renderTable(resource, [object], { nowMs: clock.now(), include: includeObject(query) }), code);
  if (wanted.as === "PartialObjectMetadata") return shaped(call, partialMetadata(object), code);
  return shaped(call, object, code);
}

export function includeObject(query: URLSearchParams): IncludeObject {
  const given = query.get("includeObject") || "Metadata";
  if (given === "None" || given === "Metadata" || given === "Object") return given;
  const wrong = `includeObject: Invalid value: "${given}": must be 'Metadata', 'Object', 'None', or empty`;
  throw new Refusal(400, "BadRequest", `Unable to convert to Table as requested: ${wrong}`);
}

function shaped({ wanted }: ApiCall, object: object, code = 200): ObjectReply {
  return { kind: "object", code, object, format: wanted.format };
}

/** Lists are always of the newest version: later ones do not exist yet, exact older ones are not kept. */
function checkVersion({ resourceVersion, resourceVersionMatch }: ListQuery, current: string): void {
  checkNotTooLarge(resourceVersion, current);
  if (resourceVersionMatch === "Exact" && resourceVersion !== current)
    throw new Refusal(410, "Expired", `The provided resource version ${resourceVersion} is no longer available.`);
}

export function checkNotTooLarge(asked: string | undefined, current: string): void {
  if (asked === undefined || Number(asked) <= Number(current)) return;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  throw new Refusal(504, "Timeout", message, { causes, retryAfterSeconds: 1 });
}
