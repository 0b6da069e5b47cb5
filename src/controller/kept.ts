// What the controller keeps in memory of each object that it watches: the fields that it reads, and nothing else. A cluster
// has thousands of Pods and Deployments, and most of each of them (specs, managedFields, a copy as last applied) is never looked at.

import type { KubeObject, ObjectMeta } from "../core/kubernetes/object.ts";
import type { LabelSelector } from "../core/kubernetes/selector.ts";
import type { Deployment, EndpointSlice } from "../core/kubernetes/workload.ts";
import { templateHash } from "../core/rollout/identity.ts";

export interface KeptDeployment extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector };
  status: Pick<
    NonNullable<Deployment["status"]>,
    "observedGeneration" | "updatedReplicas" | "replicas" | "readyReplicas"
  >;
  /** Stands for the pod template. */
  templateHash: string;
}

export interface KeptSlice extends KubeObject {
  endpoints: Pick<EndpointSlice["endpoints"][number], "conditions" | "targetRef">[];
}

export interface KeptNamespace extends KubeObject {
  status: { phase?: string };
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Canaries and actions: all but bookkeeping of others. */
export function keepWhole<T extends KubeObject>(object: KubeObject): T {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  const { [LAST_APPLIED]: __, ...others } = annotations ?? {};
  const kept = Object.keys(others).length === 0 ? metadata : { ...metadata, annotations: others };
  return { ...object, metadata: kept } as T;
}

/** Only that it is there, and in which version. */
export function keepName({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: identity(metadata) };
}

/** Pods are told apart by their labels. */
export function keepLabels({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { ...identity(metadata), labels: metadata.labels } };
}

export function keepDeployment(object: KubeObject): KeptDeployment {
  const { apiVersion, kind, metadata, spec, status = {} } = object as Deployment;
  const { observedGeneration, updatedReplicas, replicas, readyReplicas } = status;
  return {
    apiVersion,
    kind,
    metadata: { ...identity(metadata), generation: metadata.generation },
    spec: { replicas: spec.replicas, selector: spec.selector },
    status: { observedGeneration, updatedReplicas, replicas, readyReplicas },
    templateHash: templateHash(spec.template),
  };
}

export function keepSlice(object: KubeObject): KeptSlice {
  const { endpoints } = object as EndpointSlice;
  return {
    ...keepLabels(object),
    endpoints: (endpoints ?? []).map(({ conditions, targetRef }) => ({
      conditions,
      targetRef: targetRef && { kind: targetRef.kind, name: targetRef.name },
    })),
  };
}

export function keepNamespace(object: KubeObject): KeptNamespace {
  const { phase } = (object["status"] ?? {}) as { phase?: string };
  const { deletionTimestamp } = object.metadata;
  const { apiVersion, kind, metadata } = keepName(object);
  return { apiVersion, kind, metadata: { ...metadata, deletionTimestamp }, status: { phase } };
}

function identity({ name, namespace, resourceVersion }: ObjectMeta): ObjectMeta {
  return { name, namespace, resourceVersion };
}
