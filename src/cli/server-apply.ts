// Server-side apply for people. Fields that kubectl's older, client-side apply owns, or that Serin's own controller wrote,
// are taken over without a fight: the person who applies the file means it. Other owners stay a conflict.

import type { KubeObject } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import { type ApplyOptions, type Cluster, type ClusterError, isClusterError } from "../ports/cluster.ts";

/** kubectl moves the fields of its first two over to server-side apply by itself; "serin" is the controller: people win over it. */
const YIELDING = ["kubectl-client-side-apply", "kubectl-create", "serin"];

export interface Applied {
  object: KubeObject;
  /** Whose fields were taken over. */
  from: string[];
}

export async function serverApply(
  cluster: Cluster,
  resource: Resource,
  object: KubeObject,
  options: ApplyOptions,
): Promise<Applied> {
  try {
    return { object: await cluster.apply(resource, object, options), from: [] };
  } catch (error) {
    const owners = isClusterError(error, "Conflict") ? ownersOf(error) : [];
    if (owners.length === 0 || !owners.every((owner) => YIELDING.includes(owner))) throw error;
    return { object: await cluster.apply(resource, object, { ...options, force: true }), from: owners };
  }
}

/** `conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas`: the words of every API server. */
function ownersOf({ causes }: ClusterError): string[] {
  const conflicts = causes.filter(({ reason }) => reason === "FieldManagerConflict");
  const owners = conflicts.map(({ message }) => /^conflict with "([^"]+)"/.exec(message)?.[1] ?? "");
  return [...new Set(owners)];
}
