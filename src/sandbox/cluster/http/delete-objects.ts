// DELETE of one object or of all that a selector lets through.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { apiVersionOf } from "../../../core/kubernetes/resource.ts";
import { type DeleteOptions, isClusterError } from "../../../ports/cluster.ts";
import { type ApiCall, badRequest, keyOf } from "./api-call.ts";
import { mediaType, parseBody, readBody } from "./body.ts";
import { dryRunQuery, integer, listQuery } from "./query.ts";
import { objectReply } from "./read-objects.ts";
import { json, type ObjectReply } from "./reply.ts";
import { deleted, invalidOption } from "./status.ts";

/** Answers with the object while it lingers (grace period, finalizers), with a Status when it is gone. */
export async function deleteOne(call: ApiCall): Promise<ObjectReply> {
  const options = await deleteOptions(call);
  const before = await call.cluster.get(call.resource, keyOf(call));
  await call.cluster.delete(call.resource, keyOf(call), options);
  const left = options.dryRun === true ? undefined : await remains(call, before);
  if (left !== undefined) return objectReply(call, left);
  const { group, plural } = call.resource;
  return json(deleted({ name: before.metadata.name, group, kind: plural, uid: before.metadata.uid }));
}

export async function deleteAll(call: ApiCall): Promise<ObjectReply> {
  const { cluster, resource, query, path } = call;
  const options = await deleteOptions(call);
  const list = await cluster.list(resource, listQuery(query, path.namespace));
  const gone: KubeObject[] = [];
  for (const object of list.items) {
    const { namespace, name, uid } = object.metadata;
    try {
      await cluster.delete(resource, { namespace, name }, { ...options, preconditions: { uid } });
      gone.push(object);
    } catch (error) {
      // Somebody else was faster, or has put another one in its place meanwhile.
      if (!isClusterError(error, "NotFound", "Conflict")) throw error;
    }
  }
  const metadata = { resourceVersion: list.resourceVersion };
  return json({ kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items: gone });
}

async function remains(call: ApiCall, before: KubeObject): Promise<KubeObject | undefined> {
  try {
    const after = await call.cluster.get(call.resource, keyOf(call));
    return after.metadata.uid === before.metadata.uid ? after : undefined;
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}

/** Of the body, which is optional, or else of the query. */
async function deleteOptions({ request, query }: ApiCall): Promise<DeleteOptions> {
  const bytes = await readBody(request);
  const type = mediaType(request.headers["content-type"]);
  const { value } = bytes.length === 0 ? { value: {} } : await parseBody(bytes, type);
  if (typeof value !== "object" || value === null) throw badRequest("DeleteOptions must be an object");
  const body = value as DeleteBody;
  if (body.kind !== undefined && body.kind !== "DeleteOptions")
    throw badRequest(`the body of a deletion must be DeleteOptions, not ${JSON.stringify(body.kind)}`);
  const propagationPolicy = body.propagationPolicy ?? (query.get("propagationPolicy") || orphaning(body, query));
  if (propagationPolicy !== undefined && !isPropagation(propagationPolicy))
    throw invalidOption("DeleteOptions", "propagationPolicy", {
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    });
  return {
    propagationPolicy,
    gracePeriodSeconds: body.gracePeriodSeconds ?? integer(query, "gracePeriodSeconds"),
    preconditions: body.preconditions,
    dryRun: (body.dryRun ?? []).includes("All") || dryRunQuery(query, "DeleteOptions"),
  };
}

interface DeleteBody {
  kind?: unknown;
  propagationPolicy?: string;
  orphanDependents?: boolean;
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

/** The older spelling: true orphans, false deletes in the background. */
function orphaning(body: DeleteBody, query: URLSearchParams): string | undefined {
  const given =
    body.orphanDependents ?? (query.has("orphanDependents") ? query.get("orphanDependents") === "true" : undefined);
  return given === undefined ? undefined : given ? "Orphan" : "Background";
}

function isPropagation(text: string): text is "Orphan" | "Background" | "Foreground" {
  return text === "Orphan" || text === "Background" || text === "Foreground";
}
