// Somebody's cluster with Istio as the real side: the upstreams are pods in namespaces of the suite's own, the proxy is the ingress gateway
// that is there, reached through a port-forward. Everything that was made is removed at the end, whatever the end is.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { CONTROL_PORT } from "../fleet-ports.ts";
import { createAll, Probe, suiteGateway } from "../objects.ts";
import { GATEWAY_PORTS, type RoutingWorld } from "../world.ts";
import { FLEET_POD, startFleetPods } from "./fleet-pods.ts";
import { findIngress } from "./ingress.ts";
import { whyLeftOut } from "./left-out.ts";
import { HOME } from "./own-names.ts";
import { type Kubectl, makeNamespaces, startCaretaker } from "./own-namespaces.ts";
import { ownWriter } from "./own-writer.ts";
import { forwardPort } from "./port-forward.ts";
import { remoteFleet } from "./remote-fleet.ts";
import { refuseSharedHosts } from "./shared-hosts.ts";

type Address = { host: string; port: number };

export interface ClusterWorldOptions {
  cluster: Cluster;
  /** The same cluster, for port-forwards and for removing what was made. */
  kubeConfig: KubeConfig;
  kubectl: Kubectl;
  /** For the report: which cluster it is. */
  about: string;
  /** Of the ingress gateway's pods, in query form. */
  gatewayLabels: string;
  /** Where Gateway ports can be reached without a port-forward. */
  gatewayAddresses: ReadonlyMap<number, Address> | undefined;
  nodeImage: string;
  /** Others' routes may take names under .test. */
  sharedIngress: boolean;
  /** Does the API know the kind? */
  serves(apiVersion: string, kind: string): Promise<boolean>;
}

export async function startClusterWorld(options: ClusterWorldOptions): Promise<RoutingWorld> {
  const { cluster, kubectl } = options;
  const ingress = await findIngress(cluster, options.gatewayLabels, GATEWAY_PORTS);
  if (!options.sharedIngress) await refuseSharedHosts(cluster, ingress, GATEWAY_PORTS);
  const run = randomUUID();
  await using stack = new AsyncDisposableStack();
  const caretaker = startCaretaker(kubectl, run);
  stack.defer(() => caretaker.finish());
  const forward = async (namespace: string, pod: string, port: number): Promise<Address> => {
    const forwarded = await forwardPort(options.kubeConfig, { namespace, pod, port });
    stack.defer(() => forwarded.close());
    return { host: "127.0.0.1", port: forwarded.localPort };
  };
  await makeNamespaces(cluster, run);
  await startFleetPods(cluster, options.nodeImage);
  const fleet = remoteFleet(await forward(HOME, FLEET_POD, CONTROL_PORT));
  stack.defer(() => fleet.close());
  const writer = ownWriter(cluster, ingress.labels, run);
  await createAll(writer, [suiteGateway()]);
  const admin = await forward(ingress.namespace, ingress.name, ADMIN_PORT);
  await whenOpen(admin.port, [...ingress.podPorts.values()]);
  const workers = await workersOf(admin.port);
  const addresses = new Map(options.gatewayAddresses);
  if (addresses.size === 0)
    for (const [gatewayPort, podPort] of ingress.podPorts)
      addresses.set(gatewayPort, await forward(ingress.namespace, ingress.name, podPort));
  const probe = new Probe(writer, addresses.get(GATEWAY_PORTS[0])!);
  stack.defer(() => probe.close());
  const started = stack.move();
  return {
    name: `${options.about}, Istio ${ingress.version}, gateway ${ingress.namespace}/${ingress.name}`,
    fleet,
    addressOf: (port) => addresses.get(port)!,
    apply: (objects) => createAll(writer, objects),
    inEffect: () => probe.inEffect(),
    leavesOut: (each) => whyLeftOut(each, { ingress, ports: [...addresses.keys()], workers, serves: options.serves }),
    close: () => started.disposeAsync(),
  };
}

/** Envoy's own, in every pod of Istio's. */
const ADMIN_PORT = 15_000;

/** Resolves when the proxy listens on the ports. Throws after a while. */
async function whenOpen(admin: number, ports: readonly number[]): Promise<void> {
  for (let left = 300; ; left--) {
    const listeners = await (await fetch(`http://127.0.0.1:${admin}/listeners`)).text();
    const closed = ports.filter((port) => !new RegExp(`:${port}$`, "m").test(listeners));
    if (closed.length === 0) return;
    if (left === 0)
      throw new Error(`the gateway's pod does not listen on ${closed.join(", ")} after 30 s: istiod's log tells why`);
    await sleep(100);
  }
}

/** How many threads the proxy has. */
async function workersOf(localPort: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${localPort}/server_info`);
  const { command_line_options } = (await answer.json()) as { command_line_options: { concurrency: number } };
  return command_line_options.concurrency;
}
