// The gateway as it shows itself in the cluster: namespace, Service and Pod `istio-ingressgateway`, as an Istio installation
// has them. Tools that look for the ingress gateway by its labels find it.

import type { KubeObject, ObjectMeta } from "../core/kubernetes/object.ts";
import { NAMESPACES, PODS, type Resource, SERVICES } from "../core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";

export const INGRESS_NAMESPACE = "istio-system";
export const INGRESS_NAME = "istio-ingressgateway";
/** What a Gateway's selector is held against. */
export const INGRESS_LABELS = { app: "istio-ingressgateway", istio: "ingressgateway" } as const;

/** On the ingress Service and Pod: which Gateway port is at which port of localhost, `{"80":8080}`. */
export const PORTS_ANNOTATION = "sandbox.serin.dev/ports";

const POD_NAME = `${INGRESS_NAME}-sandbox`;
const FIELD_MANAGER = "serin-gateway";

/** Creates what is missing and says that the pod is ready. `localPorts`: Gateway port to local port. */
export async function publishIngress(
  cluster: Cluster,
  localPorts: Readonly<Record<number, number>>,
  now: string,
): Promise<void> {
  await ensure(cluster, NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: INGRESS_NAMESPACE } });
  await ensure(cluster, SERVICES, ingressService(localPorts));
  await ensure(cluster, PODS, ingressPod(localPorts));
  await patchStatus(cluster, SERVICES, INGRESS_NAME, { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } });
  await patchStatus(cluster, PODS, POD_NAME, podStatus(now));
}

async function ensure(cluster: Cluster, resource: Resource, object: KubeObject): Promise<void> {
  try {
    await cluster.create(resource, object, { fieldManager: FIELD_MANAGER });
  } catch (error) {
    if (!isClusterError(error, "AlreadyExists")) throw error;
    const { annotations } = object.metadata;
    if (annotations !== undefined)
      await cluster.patch(
        resource,
        object.metadata,
        { type: "merge", body: { metadata: { annotations } } },
        { fieldManager: FIELD_MANAGER },
      );
  }
}

function patchStatus(
  cluster: Cluster,
  resource: Resource,
  name: string,
  status: Record<string, unknown>,
): Promise<unknown> {
  const key = { namespace: INGRESS_NAMESPACE, name };
  return cluster.patch(
    resource,
    key,
    { type: "merge", body: { status } },
    { fieldManager: FIELD_MANAGER, subresource: "status" },
  );
}

function metadata(name: string, localPorts: Readonly<Record<number, number>>): ObjectMeta {
  return {
    name,
    namespace: INGRESS_NAMESPACE,
    labels: { ...INGRESS_LABELS },
    annotations: { [PORTS_ANNOTATION]: JSON.stringify(localPorts) },
  };
}

function ingressService(localPorts: Readonly<Record<number, number>>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(INGRESS_NAME, localPorts),
    spec: {
      type: "LoadBalancer",
      selector: { ...INGRESS_LABELS },
      ports: [
        { name: "status-port", port: 15021, targetPort: 15021, protocol: "TCP" },
        { name: "http2", port: 80, targetPort: 8080, protocol: "TCP" },
        { name: "https", port: 443, targetPort: 8443, protocol: "TCP" },
      ],
    },
  };
}

/** The runtime leaves it alone: no process stands behind it but this one. */
function ingressPod(localPorts: Readonly<Record<number, number>>): KubeObject {
  const meta = metadata(POD_NAME, localPorts);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...meta, annotations: { ...meta.annotations, "sandbox.serin.dev/unmanaged": "true" } },
    spec: {
      containers: [
        { name: "istio-proxy", image: "serin.dev/sandbox-gateway", ports: [{ containerPort: 8080, protocol: "TCP" }] },
      ],
    },
  };
}

function podStatus(now: string): Record<string, unknown> {
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: now });
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    podIPs: [{ ip: "127.0.0.1" }],
    hostIP: "127.0.0.1",
    startTime: now,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition),
    containerStatuses: [
      {
        name: "istio-proxy",
        image: "serin.dev/sandbox-gateway",
        imageID: "",
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      },
    ],
  };
}
