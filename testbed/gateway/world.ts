// A small world for the gateway's tests: real processes' place is taken by Node servers in this process, each a "pod" with an
// address of its own kind (127.0.0.1 and a port), announced by Pods and EndpointSlices.

import { createServer, Server as HttpServer, type RequestListener } from "node:http";
import type { Server } from "node:net";
import type { KubeObject, OwnerReference } from "../../src/core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAYS,
  PODS,
  REPLICA_SETS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import type { Endpoint } from "../../src/core/kubernetes/workload.ts";
import type { HttpRoute } from "../../src/gateway/objects.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import { openSandboxCluster, type SandboxCluster } from "../../src/sandbox/cluster/open.ts";

export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** The sandbox's API, kept in memory. */
export async function openTestCluster(): Promise<SandboxCluster> {
  return await openSandboxCluster({ dataFile: ":memory:", clock: realClock, log: silentLog });
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const POD_SPEC = { containers: [{ name: "echo", image: "echo" }] };

function labelsOf(version: string): Record<string, string> {
  return { app: "echo", version, "pod-template-hash": "abc" };
}

export interface TestPod<S extends Server | undefined = HttpServer> {
  name: string;
  version: string;
  address: string;
  port: number;
  server: S;
  ready: boolean;
  terminating: boolean;
}

/** Service `echo` in `default`, with the objects of the story around it. */
export class EchoWorld {
  readonly cluster: Cluster;
  readonly pods: TestPod<Server | undefined>[] = [];
  readonly #replicaSets = new Map<string, Promise<KubeObject>>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  async setUp(http: HttpRoute[]): Promise<void> {
    await this.cluster.create(
      SERVICES,
      object("v1", "Service", "echo", {
        selector: { app: "echo" },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
      }),
    );
    await this.cluster.create(
      DESTINATION_RULES,
      object("networking.istio.io/v1", "DestinationRule", "echo", {
        host: "echo",
        subsets: [
          { name: "v1", labels: { version: "v1" } },
          { name: "v2", labels: { version: "v2" } },
        ],
      }),
    );
    await this.cluster.create(
      GATEWAYS,
      object("networking.istio.io/v1", "Gateway", "echo", {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }],
      }),
    );
    await this.cluster.create(VIRTUAL_SERVICES, virtualService(http));
    await this.cluster.create(ENDPOINT_SLICES, this.#slice());
  }

  async route(http: HttpRoute[]): Promise<KubeObject> {
    return await this.cluster.patch(
      VIRTUAL_SERVICES,
      { namespace: "default", name: "echo" },
      { type: "merge", body: { spec: { http } } },
    );
  }

  /** A new ready pod; `handle` answers, by default with its version. */
  async addPod(version: string, handle?: RequestListener): Promise<TestPod> {
    const server = createServer(handle ?? ((_, response) => response.end(version)));
    server.keepAliveTimeout = 60_000;
    return await this.addServer(version, server);
  }

  /** A new ready pod that is served by anything that takes connections. */
  async addServer<S extends Server>(version: string, server: S): Promise<TestPod<S>> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return await this.addPort(version, (server.address() as { port: number }).port, server);
  }

  /** A new ready pod at a port that is served already, perhaps in another process. */
  async addPort<S extends Server | undefined>(version: string, port: number, server: S): Promise<TestPod<S>> {
    const name = `echo-${version}-abc-${port}`;
    const pod: TestPod<S> = { name, version, address: "127.0.0.1", port, server, ready: true, terminating: false };
    this.pods.push(pod);
    const podObject = object("v1", "Pod", name, POD_SPEC);
    podObject.metadata.labels = labelsOf(version);
    podObject.metadata.ownerReferences = [await this.#replicaSet(version)];
    // Pods in this process share 127.0.0.1: the dial annotation tells the port of each.
    podObject.metadata.annotations = { "sandbox.serin.dev/dial": JSON.stringify({ "8080": `127.0.0.1:${port}` }) };
    await this.cluster.create(PODS, podObject);
    await this.publish();
    return pod;
  }

  /** Garbage collection wants owners that exist. */
  async #replicaSet(version: string): Promise<OwnerReference> {
    const name = `echo-${version}-abc`;
    const spec = {
      replicas: 0,
      selector: { matchLabels: labelsOf(version) },
      template: { metadata: { labels: labelsOf(version) }, spec: POD_SPEC },
    };
    const known =
      this.#replicaSets.get(version) ?? this.cluster.create(REPLICA_SETS, object("apps/v1", "ReplicaSet", name, spec));
    this.#replicaSets.set(version, known);
    const { uid } = (await known).metadata;
    return { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: uid!, controller: true };
  }

  /** Writes readiness as it is in `pods` into the EndpointSlice. */
  async publish(): Promise<void> {
    await this.cluster.update(ENDPOINT_SLICES, this.#slice());
  }

  async removePod(pod: TestPod<Server | undefined>): Promise<void> {
    this.pods.splice(this.pods.indexOf(pod), 1);
    await this.publish();
    await this.cluster.delete(PODS, { namespace: "default", name: pod.name });
  }

  closeAll(): void {
    for (const { server } of this.pods) {
      if (server instanceof HttpServer) server.closeAllConnections();
      server?.close();
    }
  }

  #slice(): KubeObject {
    const endpoints = this.pods.map(
      (pod, i): Endpoint => ({
        addresses: [`10.0.0.${(i % 250) + 1}`],
        conditions: { ready: pod.ready && !pod.terminating, serving: pod.ready, terminating: pod.terminating },
        targetRef: { kind: "Pod", namespace: "default", name: pod.name },
      }),
    );
    const slice = object("discovery.k8s.io/v1", "EndpointSlice", "echo-1", undefined);
    slice.metadata.labels = { "kubernetes.io/service-name": "echo" };
    return { ...slice, addressType: "IPv4", endpoints, ports: [{ name: "http", port: 8080, protocol: "TCP" }] };
  }
}

export function virtualService(http: HttpRoute[], name = "echo", spec: Record<string, unknown> = {}): KubeObject {
  return object("networking.istio.io/v1", "VirtualService", name, { hosts: ["*"], gateways: ["echo"], http, ...spec });
}

export function object(apiVersion: string, kind: string, name: string, spec: unknown): KubeObject {
  const base = { apiVersion, kind, metadata: { name, namespace: "default" } };
  return spec === undefined ? base : { ...base, spec };
}

/** The two subsets with their weights, as one http route. */
export function weighted(v1: number, v2: number): HttpRoute {
  return {
    route: [
      { destination: { host: "echo", subset: "v1" }, weight: v1 },
      { destination: { host: "echo", subset: "v2" }, weight: v2 },
    ],
  };
}
