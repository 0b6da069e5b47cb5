// Pods that come and go as the sandbox runtime lets them: announced when they listen, taken out of the endpoints first, ended a
// while after that. Their programs are servers in this process, each at a loopback address of
// its own; the EndpointSlices are computed by the runtime's own function.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { ENDPOINT_SLICES, PODS, REPLICA_SETS } from "../../src/core/kubernetes/resource.ts";
import type { Pod, Service } from "../../src/core/kubernetes/workload.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { computeSlices } from "../../src/sandbox/runtime/endpoints/compute.ts";
import { type App, startHttp1App } from "./app.ts";
import { startGrpcApp } from "./grpc-app.ts";
import { startHttp2App } from "./http2-app.ts";

/** As long as a preStop hook of a careful Deployment: here the gateway learns of the endpoints from another process. */
const SETTLE_MS = 2_000;
const GRACE_MS = 30_000;
const SPEC = { nodeName: "soak", containers: [{ name: "echo", image: "echo", ports: [{ containerPort: 8080 }] }] };

/** Every pod listens at these, which the Services name as their targetPorts. */
export interface PodPorts {
  http: number;
  http2: number;
  grpc: number;
}

interface RunningPod {
  name: string;
  version: string;
  ip: string;
  apps: readonly App[];
  ready: boolean;
}

export class Pods {
  readonly #cluster: Cluster;
  readonly #services: readonly Service[];
  readonly #ports: PodPorts;
  readonly #running: RunningPod[] = [];
  readonly #ending = new Set<Promise<void>>();
  readonly #owners = new Map<string, KubeObject>();
  #made = 0;
  #cutOff = 0;
  #publishing: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, services: readonly Service[], ports: PodPorts) {
    this.#cluster = cluster;
    this.#services = services;
    this.#ports = ports;
  }

  get made(): number {
    return this.#made;
  }

  /** Pods to which something was still open when their time was over. */
  get cutOff(): number {
    return this.#cutOff;
  }

  /** Pods of a version that take new requests. */
  ready(version: string): number {
    return this.#running.filter((each) => each.version === version && each.ready).length;
  }

  async add(version: string): Promise<void> {
    const n = this.#made++;
    const ip = `127.77.${1 + (Math.floor(n / 250) % 250)}.${1 + (n % 250)}`;
    const name = `echo-${version}-5d8f-${n.toString(36).padStart(5, "0")}`;
    const { http, http2, grpc } = this.#ports;
    const apps = await Promise.all([
      startHttp1App(version, ip, http),
      startHttp2App(version, ip, http2),
      startGrpcApp(version, ip, grpc),
    ]);
    const { uid, metadata } = await this.#owner(version);
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: metadata.name, uid, controller: true };
    const labels = labelsOf(version);
    await this.#cluster.create(PODS, {
      ...object("v1", "Pod", name, SPEC),
      metadata: { name, namespace: "default", labels, ownerReferences: [owner] },
    });
    const conditions = [{ type: "Ready", status: "True" }];
    const status = { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions };
    const key = { namespace: "default", name };
    await this.#cluster.patch(PODS, key, { type: "merge", body: { status } }, { subresource: "status" });
    this.#running.push({ name, version, ip, apps, ready: true });
    await this.publish();
  }

  /** The oldest of a version goes; resolves when it is out of the endpoints. Its running requests have their time. */
  async remove(version: string): Promise<void> {
    const pod = this.#running.find((each) => each.version === version && each.ready);
    if (pod === undefined) return;
    pod.ready = false;
    await this.#cluster.delete(PODS, { namespace: "default", name: pod.name });
    await this.publish();
    const ending = this.#end(pod);
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }

  /** Resolves when every pod that is going is gone. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending);
  }

  async #end(pod: RunningPod): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const ended = await Promise.all(pod.apps.map((app) => app.end(GRACE_MS)));
    if (ended.includes(false)) this.#cutOff++;
    this.#running.splice(this.#running.indexOf(pod), 1);
    await this.#cluster.delete(PODS, { namespace: "default", name: pod.name }, { gracePeriodSeconds: 0 });
    await this.publish();
  }

  /** One after the other, so that an older list never follows a newer one. */
  publish(): Promise<void> {
    this.#publishing = this.#publishing.then(() => this.#publishNow());
    return this.#publishing;
  }

  async #publishNow(): Promise<void> {
    const { items } = await this.#cluster.list<Pod>(PODS, { namespace: "default" });
    for (const service of this.#services) {
      const [content] = computeSlices(service, items);
      const { name } = service.metadata;
      const slice = object("discovery.k8s.io/v1", "EndpointSlice", `${name}-1`, undefined);
      const labels = { "kubernetes.io/service-name": name };
      await this.#cluster.apply(
        ENDPOINT_SLICES,
        { ...slice, ...content, metadata: { ...slice.metadata, labels } },
        { fieldManager: "soak", force: true },
      );
    }
  }

  /** Garbage collection wants owners that exist. */
  async #owner(version: string): Promise<KubeObject & { uid: string }> {
    let owner = this.#owners.get(version);
    if (owner === undefined) {
      const labels = labelsOf(version);
      const template = { metadata: { labels }, spec: SPEC };
      const spec = { replicas: 0, selector: { matchLabels: labels }, template };
      owner = await this.#cluster.create(REPLICA_SETS, object("apps/v1", "ReplicaSet", `echo-${version}-5d8f`, spec));
      this.#owners.set(version, owner);
    }
    return { ...owner, uid: owner.metadata.uid! };
  }
}

function labelsOf(version: string): Record<string, string> {
  return { app: "echo", version, "pod-template-hash": "5d8f" };
}

export function object(apiVersion: string, kind: string, name: string, spec: unknown): KubeObject {
  const base = { apiVersion, kind, metadata: { name, namespace: "default" } };
  return spec === undefined ? base : { ...base, spec };
}
