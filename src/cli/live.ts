// An object of a file and its counterpart in the cluster.

import type { KubeObject } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import { isClusterError } from "../ports/cluster.ts";
import type { Connected } from "./session.ts";

/** In the namespace that the file names, else in the one that the command works in. */
export function placed({ namespace }: Connected, resource: Resource, object: KubeObject): KubeObject {
  if (!resource.namespaced || object.metadata.namespace !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

export async function liveOf(
  { cluster }: Connected,
  resource: Resource,
  { metadata }: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(resource, { name: metadata.name, namespace: metadata.namespace });
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}
