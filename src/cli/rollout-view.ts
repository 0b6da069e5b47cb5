// What the tree view shows, read from the cluster: a Canary with the Deployments, ReplicaSets and Pods of both versions.

import type { KubeObject } from "../core/kubernetes/object.ts";
import { DEPLOYMENTS, PODS, REPLICA_SETS } from "../core/kubernetes/resource.ts";
import type { Deployment, Pod, ReplicaSet } from "../core/kubernetes/workload.ts";
import type { Canary } from "../core/spec/canary.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";

export interface RolloutView {
  canary: Canary;
  /** The version that traffic moves to, then the one it comes from. */
  versions: VersionView[];
}

export interface VersionView {
  role: "canary" | "stable";
  name: string;
  /** Undefined when there is no such Deployment. */
  deployment: Deployment | undefined;
  replicaSets: { replicaSet: ReplicaSet; pods: Pod[] }[];
}

export interface NamespaceObjects {
  deployments: Deployment[];
  replicaSets: ReplicaSet[];
  pods: Pod[];
}

/** Lists the namespace once. Kinds that the user may not list are left out. */
export async function readNamespace(cluster: Cluster, namespace: string): Promise<NamespaceObjects> {
  const [deployments, replicaSets, pods] = await Promise.all([
    allowed(cluster.list<Deployment>(DEPLOYMENTS, { namespace })),
    allowed(cluster.list<ReplicaSet>(REPLICA_SETS, { namespace })),
    allowed(cluster.list<Pod>(PODS, { namespace })),
  ]);
  return { deployments, replicaSets, pods };
}

/** Puts the objects of a namespace in their places under the Canary. */
export function viewOf(canary: Canary, objects: NamespaceObjects): RolloutView {
  const { stable, canary: next } = versionsOf(canary);
  return { canary, versions: [versionOf("canary", next, objects), versionOf("stable", stable, objects)] };
}

/** The pair that the rollout moves; from the spec before there is one. */
export function versionsOf({ spec, status }: Canary): { stable: string; canary: string } {
  const { stable, canary } = status?.rollout ?? spec.versions;
  return { stable, canary };
}

function versionOf(role: VersionView["role"], name: string, objects: NamespaceObjects): VersionView {
  const deployment = objects.deployments.find(({ metadata }) => metadata.name === name);
  const replicaSets = deployment === undefined ? [] : ownedBy(objects.replicaSets, deployment);
  const shown = replicaSets
    .map((replicaSet) => ({ replicaSet, pods: ownedBy(objects.pods, replicaSet) }))
    .filter(({ replicaSet, pods }) => pods.length > 0 || (replicaSet.spec.replicas ?? 0) > 0);
  return { role, name, deployment, replicaSets: shown };
}

function ownedBy<T extends KubeObject>(objects: T[], owner: KubeObject): T[] {
  const owned = objects.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid),
  );
  return owned.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

async function allowed<T>(list: Promise<{ items: T[] }>): Promise<T[]> {
  try {
    return (await list).items;
  } catch (error) {
    if (isClusterError(error, "Forbidden")) return [];
    throw error;
  }
}
