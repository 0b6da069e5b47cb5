// The echo application as objects in a cluster, without anybody who runs it: Deployments, pods and endpoints are as ready
// as a test says. Traffic is a function of the weights that the data plane works by.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  DEPLOYMENTS,
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  PODS,
  type Resource,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../src/ports/cluster.ts";
import { DESTINATION_RULE, split, virtualService } from "./echo-route.ts";

export const NAMESPACE = "default";

/** Creates the application with two ready pods of each version and the given weight on v2. */
export async function createEcho(cluster: Cluster, canaryWeight: number): Promise<void> {
  await put(cluster, SERVICES, service());
  await put(cluster, DESTINATION_RULES, DESTINATION_RULE);
  await put(cluster, VIRTUAL_SERVICES, virtualService([split(100 - canaryWeight, canaryWeight)]));
  await setReady(cluster, "v1", 2, 2);
  await setReady(cluster, "v2", 2, 2);
}

/** The Deployment, its pods and its endpoints as a cluster would show them; slices are one per version. */
export async function setReady(cluster: Cluster, version: string, replicas: number, ready: number): Promise<void> {
  const deployment = await put(cluster, DEPLOYMENTS, deploymentOf(version, replicas));
  const status = {
    observedGeneration: deployment.metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: ready,
  };
  const key = { namespace: NAMESPACE, name: `echo-${version}` };
  await cluster.patch(DEPLOYMENTS, key, { type: "merge", body: { status } }, { subresource: "status" });
  for (let i = 0; i < replicas; i++) await put(cluster, PODS, pod(version, i));
  await put(cluster, ENDPOINT_SLICES, slice(version, replicas, ready));
}

/** Create, or bring an existing object to this spec. */
export async function put(cluster: Cluster, resource: Resource, object: KubeObject): Promise<KubeObject> {
  const { namespace, name } = object.metadata;
  try {
    const existing = await cluster.get(resource, { namespace, name });
    return await cluster.update(resource, { ...existing, ...object, metadata: existing.metadata });
  } catch (error) {
    if (!isClusterError(error, "NotFound")) throw error;
    return cluster.create(resource, object);
  }
}

export function canary(steps: unknown[], versions = { stable: "echo-v1", canary: "echo-v2" }): KubeObject {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "Canary",
    metadata: { name: "echo", namespace: NAMESPACE },
    spec: { versions, strategy: { steps }, analysis: {} },
  };
}

export function action(verb: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryAction",
    metadata: { name: "", generateName: `echo-${verb.toLowerCase()}-`, namespace: NAMESPACE },
    spec: { canaryRef: { name: "echo" }, verb, by: "alice", ...spec },
  };
}

function labels(version: string): Record<string, string> {
  return { app: "echo", version };
}

function service(): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "echo", namespace: NAMESPACE },
    spec: { selector: { app: "echo" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  };
}

function deploymentOf(version: string, replicas: number): KubeObject {
  const container = { name: "echo", image: "hashicorp/http-echo:1.0", args: [`-text=${version}`] };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `echo-${version}`, namespace: NAMESPACE, labels: labels(version) },
    spec: {
      replicas,
      selector: { matchLabels: labels(version) },
      template: { metadata: { labels: labels(version) }, spec: { containers: [container] } },
    },
  };
}

function pod(version: string, index: number): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `echo-${version}-${index}`, namespace: NAMESPACE, labels: labels(version) },
    spec: { containers: [{ name: "echo", image: "hashicorp/http-echo:1.0" }] },
  };
}

function slice(version: string, replicas: number, ready: number): KubeObject {
  const endpoints = Array.from({ length: replicas }, (_, i) => ({
    addresses: [`10.0.${version === "v1" ? 1 : 2}.${i + 1}`],
    conditions: { ready: i < ready },
    targetRef: { kind: "Pod", namespace: NAMESPACE, name: `echo-${version}-${i}` },
  }));
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `echo-${version}`, namespace: NAMESPACE, labels: { "kubernetes.io/service-name": "echo" } },
    addressType: "IPv4",
    endpoints,
    ports: [{ name: "http", port: 8080 }],
  };
}
