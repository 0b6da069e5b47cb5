// The cluster port on the REST API of a server: https://kubernetes.io/docs/reference/using-api/api-concepts/

import type { KubeObject, ObjectKey } from "../../core/kubernetes/object.ts";
import { apiVersionOf, type Resource } from "../../core/kubernetes/resource.ts";
import {
  type Cluster,
  ClusterError,
  type DeleteOptions,
  type ListOptions,
  type ObjectList,
  type Patch,
  type WatchOptions,
  type WriteOptions,
} from "../../ports/cluster.ts";
import { query, resourcePath } from "./resource-path.ts";
import type { Exchange, Transport } from "./transport.ts";
import { watchEvents } from "./watch-stream.ts";

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export function restCluster(transport: Transport): Cluster {
  const json = async <T>(exchange: Exchange): Promise<T> => JSON.parse(await transport.text(exchange)) as T;

  return {
    get: (resource, key) => json({ method: "GET", path: objectPath(resource, key), about: about("get", resource) }),

    async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ObjectList<T>> {
      const path = resourcePath(resource, options.namespace) + query(listQuery(options));
      return toList(resource, await json<ApiList<T>>({ method: "GET", path, about: about("list", resource) }));
    },

    watch: (resource, options) =>
      watchEvents(transport, { path: watchPath(resource, options), about: about("watch", resource) }, options.signal),

    create: (resource, object, options) =>
      json({
        method: "POST",
        about: about("create", resource, options),
        path: resourcePath(resource, object.metadata.namespace, ...subresource(options)) + query(writeQuery(options)),
        body: JSON.stringify(object),
      }),

    update: (resource, object, options) =>
      json({
        method: "PUT",
        about: about("update", resource, options),
        path: objectPath(resource, object.metadata, options) + query(writeQuery(options)),
        body: JSON.stringify(object),
      }),

    patch: (resource, key, patch, options) =>
      json({
        method: "PATCH",
        about: about("patch", resource, options),
        path: objectPath(resource, key, options) + query(writeQuery(options)),
        body: JSON.stringify(patchBody(patch)),
        contentType: PATCH_TYPES[patch.type],
      }),

    apply: (resource, object, options) =>
      json({
        method: "PATCH",
        about: about("apply", resource, options),
        path: objectPath(resource, nameOf(object), options) + query({ ...writeQuery(options), force: options.force }),
        body: JSON.stringify({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }),
        contentType: PATCH_TYPES.apply,
      }),

    async delete(resource, key, options: DeleteOptions = {}) {
      await transport.text({
        method: "DELETE",
        about: about("delete", resource),
        path: objectPath(resource, key),
        body: JSON.stringify(deleteBody(options)),
      });
    },
  };
}

function about(verb: string, { plural, group }: Resource, options?: WriteOptions): Exchange["about"] {
  const name = group === "" ? plural : `${plural}.${group}`;
  return { verb, resource: [name, ...subresource(options)].join("/") };
}

interface ApiList<T> {
  items: T[] | null;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
}

/** Items of a typed list come without their type fields; every object of this port has them. */
function toList<T extends KubeObject>(resource: Resource, list: ApiList<T>): ObjectList<T> {
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  const { resourceVersion = "", continue: next, remainingItemCount } = list.metadata;
  return {
    items: (list.items ?? []).map((item) => ({ ...type, ...item })),
    resourceVersion,
    ...(next ? { continue: next } : {}),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

function objectPath(resource: Resource, key: ObjectKey, options?: WriteOptions): string {
  if (resource.namespaced && key.namespace === undefined)
    throw new ClusterError("BadRequest", `${resource.kind} "${key.name}": a namespace is needed`);
  return resourcePath(resource, key.namespace, key.name, ...subresource(options));
}

function subresource(options: WriteOptions | undefined): string[] {
  return options?.subresource === undefined ? [] : [options.subresource];
}

function nameOf(object: Partial<KubeObject>): ObjectKey {
  if (object.metadata?.name === undefined) throw new ClusterError("BadRequest", "apply: metadata.name is needed");
  return object.metadata;
}

function listQuery(options: ListOptions): Record<string, string | number | undefined> {
  const { labelSelector, fieldSelector, limit, continue: next } = options;
  return { labelSelector, fieldSelector, limit, continue: next };
}

function watchPath(resource: Resource, options: WatchOptions): string {
  const { labelSelector, fieldSelector, resourceVersion, allowBookmarks, sendInitialEvents } = options;
  const initial = sendInitialEvents ? { sendInitialEvents, resourceVersionMatch: "NotOlderThan" } : {};
  const values = { watch: true, labelSelector, fieldSelector, resourceVersion, ...initial };
  const timeoutSeconds = options.timeoutMs === undefined ? undefined : Math.ceil(options.timeoutMs / 1000);
  const path = resourcePath(resource, options.namespace);
  return path + query({ ...values, allowWatchBookmarks: allowBookmarks, timeoutSeconds });
}

function writeQuery(options: WriteOptions = {}): Record<string, string | undefined> {
  const { fieldManager, dryRun, fieldValidation } = options;
  return { fieldManager, dryRun: dryRun ? "All" : undefined, fieldValidation };
}

function patchBody(patch: Patch): unknown {
  return patch.type === "json" ? patch.operations : patch.body;
}

/** With a body the server looks at nothing else: dryRun in the query would delete for real. */
function deleteBody({ propagationPolicy, gracePeriodSeconds, preconditions, dryRun }: DeleteOptions): unknown {
  const options = { propagationPolicy, gracePeriodSeconds, preconditions, dryRun: dryRun ? ["All"] : undefined };
  return { apiVersion: "v1", kind: "DeleteOptions", ...options };
}
