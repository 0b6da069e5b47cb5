// Many Canaries whose rollouts are over, with all that belongs to them: two Deployments, four Pods, two EndpointSlices, a
// Service, a VirtualService and a DestinationRule each, of the size that such objects have in clusters.

import type { KubeObject } from "../src/core/kubernetes/object.ts";
import {
  CANARIES,
  DEPLOYMENTS,
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  NAMESPACES,
  PODS,
  type Resource,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../src/core/kubernetes/resource.ts";
import type { Deployment } from "../src/core/kubernetes/workload.ts";
import { rolloutId, templateHash } from "../src/core/rollout/identity.ts";
import type { Cluster } from "../src/ports/cluster.ts";

const PER_NAMESPACE = 10;
const AT_ONCE = 16;

export interface IdleWorld {
  /** Numbers of the Canaries to create: from, and up to but not including, to. */
  from: number;
  to: number;
  /** What a controller wrote as the status of number 0; without it the Canaries are new. */
  sample?: unknown;
}

/** Returns the number of objects. */
export async function fillIdleWorld(cluster: Cluster, { from, to, sample }: IdleWorld): Promise<number> {
  let objects = 0;
  const create = async (resource: Resource, object: KubeObject) => {
    objects += 1;
    return cluster.create(resource, object, { fieldManager: "bench" });
  };
  for (let i = 0; i < to; i += PER_NAMESPACE)
    if (i >= from)
      await create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespaceOf(i) } });
  let next = from;
  const worker = async () => {
    for (let i = next++; i < to; i = next++) {
      await fillOne(cluster, create, i);
      if (sample !== undefined) await copyStatus(cluster, sample, i);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return objects;
}

/** The status that a controller would have written here. */
async function copyStatus(cluster: Cluster, sample: unknown, index: number): Promise<void> {
  const [namespace, app] = [namespaceOf(index), appOf(index)];
  const versions = { stable: `${app}-v1`, canary: `${app}-v2` };
  // As stored: with the defaults that the API fills in.
  const { spec } = await cluster.get<Deployment>(DEPLOYMENTS, { namespace, name: versions.canary });
  const hash = templateHash(spec.template);
  const text = JSON.stringify(sample).replaceAll(appOf(0), app).replaceAll(namespaceOf(0), namespace);
  const status = JSON.parse(text) as { rollout: Record<string, unknown> };
  Object.assign(status.rollout, { templateHash: hash, id: rolloutId({ ...versions, templateHash: hash }, 1) });
  const key = { namespace, name: app };
  await cluster.patch(CANARIES, key, { type: "merge", body: { status } }, { subresource: "status" });
}

function namespaceOf(index: number): string {
  return `team-${Math.floor(index / PER_NAMESPACE)}`;
}

function appOf(index: number): string {
  return `app-${index}`;
}

type Create = (resource: Resource, object: KubeObject) => Promise<KubeObject>;

async function fillOne(cluster: Cluster, create: Create, index: number): Promise<void> {
  const [namespace, app] = [namespaceOf(index), appOf(index)];
  for (const version of ["v1", "v2"]) {
    const created = await create(DEPLOYMENTS, deployment(namespace, app, version));
    const status = {
      observedGeneration: created.metadata.generation,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    };
    const key = { namespace, name: created.metadata.name };
    await cluster.patch(DEPLOYMENTS, key, { type: "merge", body: { status } }, { subresource: "status" });
    for (let i = 0; i < 2; i++) await create(PODS, pod(namespace, app, version, i));
    await create(ENDPOINT_SLICES, slice(namespace, app, version));
  }
  for (const [resource, object] of others(namespace, app)) await create(resource, object);
}

function labelsOf(app: string, version: string): Record<string, string> {
  return {
    app,
    version,
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/managed-by": "Helm",
    "helm.sh/chart": `${app}-1.2.3`,
  };
}

/** About 4 kB. */
function podSpec(app: string, version: string): Record<string, unknown> {
  const env = Array.from({ length: 25 }, (_, i) => ({
    name: `SETTING_${i}`,
    value: `value-${i}-of-${app}-in-${version}`,
  }));
  const probe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 10, failureThreshold: 3 };
  const container = {
    name: "app",
    image: `registry.example.com/team/${app}:${version}`,
    env,
    ports: [{ name: "http", containerPort: 8080 }],
    readinessProbe: probe,
    livenessProbe: probe,
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  };
  return { containers: [container, { ...container, name: "sidecar", ports: [] }], serviceAccountName: app };
}

function deployment(namespace: string, app: string, version: string): KubeObject {
  const labels = labelsOf(app, version);
  const spec = {
    replicas: 2,
    selector: { matchLabels: { app, version } },
    template: { metadata: { labels }, spec: podSpec(app, version) },
  };
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(spec) };
  const metadata = { name: `${app}-${version}`, namespace, labels, annotations };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

function podName(app: string, version: string, index: number): string {
  return `${app}-${version}-7d9c5b8f6d-x${index}q7z`;
}

function pod(namespace: string, app: string, version: string, index: number): KubeObject {
  const metadata = { name: podName(app, version, index), namespace, labels: labelsOf(app, version) };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: podSpec(app, version) };
}

function slice(namespace: string, app: string, version: string): KubeObject {
  const endpoints = [0, 1].map((index) => ({
    addresses: [`10.${version === "v1" ? 1 : 2}.0.${index + 1}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: "node-a",
    targetRef: { kind: "Pod", namespace, name: podName(app, version, index) },
  }));
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${app}-${version}`, namespace, labels: { "kubernetes.io/service-name": app } },
    addressType: "IPv4",
    endpoints,
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  };
}

function others(namespace: string, name: string): [Resource, KubeObject][] {
  const metadata = { name, namespace };
  const istio = "networking.istio.io/v1";
  const destination = (subset: string, weight: number) => ({ destination: { host: name, subset }, weight });
  const subsets = ["v1", "v2"].map((version) => ({ name: version, labels: { app: name, version } }));
  const route = [destination("v1", 0), destination("v2", 100)];
  const versions = { stable: `${name}-v1`, canary: `${name}-v2` };
  const steps = [{ setWeight: 5 }, { pause: { duration: "5m" } }, { setWeight: 50 }, { pause: { duration: "5m" } }];
  return [
    [
      SERVICES,
      { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
    ],
    [DESTINATION_RULES, { apiVersion: istio, kind: "DestinationRule", metadata, spec: { host: name, subsets } }],
    [
      VIRTUAL_SERVICES,
      { apiVersion: istio, kind: "VirtualService", metadata, spec: { hosts: [name], http: [{ route }] } },
    ],
    [CANARIES, { apiVersion: "serin.dev/v1alpha1", kind: "Canary", metadata, spec: { versions, strategy: { steps } } }],
  ];
}
