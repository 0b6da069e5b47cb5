// The other side: the sandbox's API and Serin's gateway, in this process. Backends are Pods with EndpointSlices, as the sandbox's
// runtime would announce them.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { NAMESPACES } from "../../src/core/kubernetes/resource.ts";
import type { Service } from "../../src/core/kubernetes/workload.ts";
import type { startGateway } from "../../src/gateway/start.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { openSandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { ENDPOINTS, selected, type TestEndpoint } from "./endpoints.ts";
import type { Fleet } from "./fleet.ts";
import { createAll, Probe, suiteGateway } from "./objects.ts";
import { GATEWAY_PORTS, type RoutingWorld } from "./world.ts";

const clock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

const log: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (message, fields) => console.error(message, fields),
};

/** `start` is the gateway under test: the product's, or a copy with a planted bug. */
export async function startSandboxWorld(start: typeof startGateway, seed: number, fleet: Fleet): Promise<RoutingWorld> {
  const sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log });
  const { cluster } = sandbox;
  for (const name of ["other"])
    await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await createAll(cluster, [suiteGateway(), ...ENDPOINTS.map(pod)]);
  const ports = Object.fromEntries(GATEWAY_PORTS.map((port) => [port, 0]));
  const gateway = await start({ cluster, clock, log, ports, statsPort: 0, seed });
  const addressOf = (gatewayPort: number) => ({ host: "127.0.0.1", port: gateway.localPorts[gatewayPort]! });
  const probe = new Probe(cluster, addressOf(GATEWAY_PORTS[0]));
  return {
    name: "sandbox gateway",
    fleet,
    addressOf,
    apply: (objects) => createAll(cluster, [...objects, ...objects.filter(isService).map(slice)]),
    inEffect: () => probe.inEffect(),
    leavesOut: async () => undefined,
    async close() {
      probe.close();
      await gateway.stop();
      await sandbox.close();
    },
  };
}

function isService(object: KubeObject): boolean {
  return object.kind === "Service";
}

function pod({ name, labels, address }: TestEndpoint): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { ...labels } },
    spec: { containers: [{ name: "echo", image: "echo" }] },
    status: { phase: "Running", podIP: address },
  };
}

/** What the endpoints controller would write. */
function slice(object: KubeObject): KubeObject {
  const { metadata, spec } = object as Service;
  const { name, namespace = "default" } = metadata;
  const endpoints = selected(ENDPOINTS, spec.selector ?? {}).map((endpoint) => ({
    addresses: [endpoint.address],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: "Pod", namespace: "default", name: endpoint.name },
  }));
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints,
    ports: (spec.ports ?? []).map((port) => ({ name: port.name, port: Number(port.targetPort), protocol: "TCP" })),
  };
}
