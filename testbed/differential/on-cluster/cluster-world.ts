// Somebody's cluster with Istio as the real side: the upstreams are pods in namespaces of the suite's own, the proxy is the ingress gateway
// that is there, reached through a port-forward. Everything that was made is removed at the end, whatever the end is.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { CONTROL_PORT } from "../fleet-ports.ts";
import { createAll, Probe, suiteGateway } from "../objects.ts";
import { GATEWAY_PORTS, type RoutingWorld } from "../world.ts";
import { FLEET_POD, startFleetPods } from "./fleet-pods.ts";
import { findIngress } from "./ingress.ts";
import { whyLeftOut } from "./left-out.ts";
import { HOME } from "./own-names.ts";
import { makeNamespaces, startCaretaker } from "./own-namespaces.ts";
import { ownWriter } from "./own-writer.ts";
import { type Kubectl, startPortForward } from "./port-forward.ts";
import { remoteFleet } from "./remote-fleet.ts";
import { refuseSharedHosts } from "./shared-hosts.ts";

type Address = { host: string; port: number };

export interface ClusterWorldOptions {
  cluster: Cluster;
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
  const home = mkdtempSync(join(tmpdir(), "differential-"));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const forward = async (namespace: string, pod: string, ports: readonly number[]) => {
    const { child, localPorts } = await startPortForward(kubectl, { namespace, pod, ports, home });
    caretaker.alsoEnds(child.pid);
    stack.defer(() => child.stop());
    return localPorts;
  };
  await makeNamespaces(cluster, run);
  await startFleetPods(cluster, options.nodeImage);
  const control = await forward(HOME, FLEET_POD, [CONTROL_PORT]);
  const fleet = remoteFleet({ host: "127.0.0.1", port: control.get(CONTROL_PORT)! });
  stack.defer(() => fleet.close());
  const writer = ownWriter(cluster, ingress.labels, run);
  await createAll(writer, [suiteGateway()]);
  const { podPorts } = ingress;
  const admin = (await forward(ingress.namespace, ingress.name, [ADMIN_PORT])).get(ADMIN_PORT)!;
  // A port-forward ends for good when its port is not open yet.
  await whenOpen(admin, [...podPorts.values()]);
  const workers = await workersOf(admin);
  const addresses =
    options.gatewayAddresses ??
    loopback(podPorts, await forward(ingress.namespace, ingress.name, [...podPorts.values()]));
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

function loopback(podPorts: ReadonlyMap<number, number>, local: ReadonlyMap<number, number>): Map<number, Address> {
  return new Map(
    [...podPorts].map(([gatewayPort, podPort]) => [gatewayPort, { host: "127.0.0.1", port: local.get(podPort)! }]),
  );
}
