// Istio's gateway (istiod and Envoy) and the sandbox's, side by side over one API with the same objects, in front of the same endpoints.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { ENDPOINT_SLICES, PODS, SERVICES } from "../../src/core/kubernetes/resource.ts";
import { startGateway } from "../../src/gateway/start.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { freePorts } from "../free-ports.ts";
import { object, realClock, silentLog } from "../gateway/world.ts";
import { INGRESS_LABELS, startEnvoy } from "./envoy.ts";
import { IDENTITY_BY_HEADER, startIstiod, WORKLOAD_ENTRIES } from "./istiod.ts";
import type { MeshPrograms } from "./programs.ts";

export interface TwoGateways {
  /** Local port of gateway port 80 and 443. */
  envoy: Readonly<Record<80 | 443, number>>;
  sandbox: Readonly<Record<80 | 443, number>>;
  stop(): Promise<void>;
}

const SYSTEM = "istio-system";

export async function startTwoGateways(
  programs: MeshPrograms,
  { cluster, kubeconfigFile }: { cluster: Cluster; kubeconfigFile: string },
): Promise<TwoGateways> {
  await using stack = new AsyncDisposableStack();
  const home = mkdtempSync(join(tmpdir(), "two-gateways-"));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const [adminPort, plain, secure] = (await freePorts(3)) as [number, number, number];
  await announceEnvoy(cluster, { 80: plain, 443: secure });
  const istiod = await startIstiod({ program: programs.istiod, home, kubeconfigFile, env: IDENTITY_BY_HEADER });
  stack.defer(() => istiod.stop());
  const identity = `ns/${SYSTEM}/sa/istio-ingressgateway`;
  const envoy = startEnvoy({ program: programs.envoy, home, xdsPort: istiod.xdsPort, adminPort, identity });
  stack.defer(() => envoy.stop());
  const gateway = await startGateway({
    cluster,
    clock: realClock,
    log: silentLog,
    ports: { 80: 0 },
    optionalPorts: { 443: 0 },
    statsPort: 0,
    seed: 1,
  });
  stack.defer(() => gateway.stop());
  const started = stack.move();
  return {
    envoy: { 80: plain, 443: secure },
    sandbox: { 80: gateway.localPorts[80]!, 443: gateway.localPorts[443]! },
    stop: () => started.disposeAsync(),
  };
}

/** The gateway as a workload that a Service selects, so that istiod translates its ports. */
async function announceEnvoy(cluster: Cluster, ports: Readonly<Record<number, number>>): Promise<void> {
  const service = object("v1", "Service", "istio-ingressgateway", {
    selector: INGRESS_LABELS,
    ports: Object.entries(ports).map(([port, targetPort]) => ({
      name: `http-${port}`,
      port: Number(port),
      targetPort,
    })),
  });
  const entry = object("networking.istio.io/v1", "WorkloadEntry", "gateway", {
    address: "127.0.0.1",
    labels: INGRESS_LABELS,
  });
  for (const [resource, made] of [[SERVICES, service] as const, [WORKLOAD_ENTRIES, entry] as const])
    await cluster.create(resource, { ...made, metadata: { ...made.metadata, namespace: SYSTEM } });
}

/** A Service whose one endpoint is a server on this machine. */
export async function publishEndpoint(cluster: Cluster, name: string, port: number): Promise<void> {
  const spec = { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  await cluster.create(SERVICES, object("v1", "Service", name, spec));
  const pod = object("v1", "Pod", name, { containers: [{ name: "app", image: "app" }] });
  pod.metadata.labels = { app: name, version: "v1" };
  await cluster.create(PODS, pod);
  const status = {
    phase: "Running",
    podIP: "127.0.0.1",
    podIPs: [{ ip: "127.0.0.1" }],
    conditions: [{ type: "Ready", status: "True" }],
  };
  await cluster.patch(PODS, pod.metadata, { type: "merge", body: { status } }, { subresource: "status" });
  const slice = object("discovery.k8s.io/v1", "EndpointSlice", name, undefined);
  slice.metadata.labels = { "kubernetes.io/service-name": name };
  const endpoint = {
    addresses: ["127.0.0.1"],
    conditions: { ready: true },
    targetRef: { kind: "Pod", namespace: "default", name },
  };
  const ports = [{ name: "http", port, protocol: "TCP" }];
  const whole = { ...slice, addressType: "IPv4", ports, endpoints: [endpoint] } satisfies KubeObject;
  await cluster.create(ENDPOINT_SLICES, whole);
}
