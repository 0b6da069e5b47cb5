// The real side: istiod and Envoy on loopback over a real API server, without kubelet and pods. The backends are WorkloadEntries, the
// gateway is one Envoy that istiod takes for the ingress gateway.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { gatewayApiDefinitions, istioDefinitions } from "../../src/sandbox/cluster/schema/builtin.ts";
import { freePorts } from "../free-ports.ts";
import { INGRESS_LABELS, startEnvoy } from "../mesh/envoy.ts";
import { startIstiod, WORKLOAD_ENTRIES } from "../mesh/istiod.ts";
import type { MeshPrograms } from "../mesh/programs.ts";
import { ENDPOINTS, service } from "./endpoints.ts";
import type { Fleet } from "./fleet.ts";
import { createAll, Probe, suiteGateway, whenServed } from "./objects.ts";
import { GATEWAY_PORTS, type RoutingWorld } from "./world.ts";

export interface SmallMeshOptions {
  programs: MeshPrograms;
  /** A client of the API server, and the kubeconfig that istiod gets. */
  cluster: Cluster;
  kubeconfig: object;
  fleet: Fleet;
}

const SYSTEM = "istio-system";

/** Gateways are bound to the Envoy that is there, so none is to be deployed. */
const GATEWAY_API = { PILOT_ENABLE_GATEWAY_API: "true", PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: "false" };

export async function startSmallMesh({
  programs,
  cluster,
  kubeconfig,
  fleet,
}: SmallMeshOptions): Promise<RoutingWorld> {
  await using stack = new AsyncDisposableStack();
  const home = mkdtempSync(join(tmpdir(), "small-mesh-"));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const kubeconfigFile = join(home, "kubeconfig");
  writeFileSync(kubeconfigFile, JSON.stringify(kubeconfig), { mode: 0o600 });
  const [adminPort, ...bound] = (await freePorts(1 + GATEWAY_PORTS.length)) as [number, ...number[]];
  const addressOf = (gatewayPort: number) => ({
    host: "127.0.0.1",
    port: bound[GATEWAY_PORTS.findIndex((each) => each === gatewayPort)]!,
  });
  await installBase(cluster, (gatewayPort) => addressOf(gatewayPort).port);
  const istiod = await startIstiod({ program: programs.istiod, home, kubeconfigFile, env: GATEWAY_API });
  stack.defer(() => istiod.stop());
  const envoy = startEnvoy({ program: programs.envoy, home, xdsPort: istiod.xdsPort, adminPort });
  stack.defer(() => envoy.stop());
  const probe = new Probe(cluster, addressOf(GATEWAY_PORTS[0]));
  stack.defer(() => probe.close());
  await envoy.until(() => probe.isInEffect());
  const started = stack.move();
  return {
    name: "small mesh: istiod and Envoy on loopback",
    fleet,
    addressOf,
    apply: (objects) => createAll(cluster, objects),
    inEffect: () => probe.inEffect(),
    leavesOut: async () => undefined,
    close: () => started.disposeAsync(),
  };
}

/** Definitions, the gateway as a workload that its Service selects (so its ports are translated), and the backends. */
async function installBase(cluster: Cluster, boundPort: (gatewayPort: number) => number): Promise<void> {
  for (const definition of [...istioDefinitions(), ...gatewayApiDefinitions()])
    await cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition as KubeObject);
  for (const name of [SYSTEM, "other"])
    await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const ingress = service(
    "istio-ingressgateway",
    INGRESS_LABELS,
    GATEWAY_PORTS.map((port) => ({ name: `http-${port}`, port, targetPort: boundPort(port) })),
  );
  await cluster.create(SERVICES, { ...ingress, metadata: { ...ingress.metadata, namespace: SYSTEM } });
  const entries = [
    workloadEntry("gateway", SYSTEM, { address: "127.0.0.1", labels: INGRESS_LABELS }),
    ...ENDPOINTS.map(({ name, address, labels }) => workloadEntry(name, "default", { address, labels })),
  ];
  for (const entry of entries) await whenServed(() => cluster.create(WORKLOAD_ENTRIES, entry), entry);
  await createAll(cluster, [suiteGateway()]);
}

function workloadEntry(name: string, namespace: string, spec: object): KubeObject {
  return { apiVersion: "networking.istio.io/v1", kind: "WorkloadEntry", metadata: { name, namespace }, spec };
}
