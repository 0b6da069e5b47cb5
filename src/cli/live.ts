// An object of a file and its counterpart in the cluster.

import type { KubeObject } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import { isClusterError } from "../ports/cluster.ts";
import { EXIT } from "./exit-codes.ts";
import { Problem } from "./problems.ts";
import type { Connected } from "./session.ts";

/** In the namespace that the file names, else in the one that the command works in. The two may not contradict each other. */
export function placed(
  { namespace, asked }: Pick<Connected, "namespace" | "asked">,
  resource: Resource,
  object: KubeObject,
): KubeObject {
  const own = object.metadata.namespace;
  if (!resource.namespaced) return object;
  if (own === undefined) return { ...object, metadata: { ...object.metadata, namespace } };
  if (asked === undefined || asked === own) return object;
  throw new Problem(
    `${object.kind} ${object.metadata.name}: the file says namespace "${own}", but -n says "${asked}"`,
    EXIT.failed,
    `Leave -n out, or remove metadata.namespace from the file.`,
  );
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
