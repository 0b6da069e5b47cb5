// The application of a simulated world: two Deployments behind one Service, with pods whose readiness a test dials.
// What the API shows of them (Pods, EndpointSlice, Deployment status) follows at once, as a very quick kubelet would do.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { DEPLOYMENTS, ENDPOINT_SLICES, NAMESPACES, PODS, SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Deployment, Endpoint } from "../../src/core/kubernetes/workload.ts";
import type { Cluster } from "../../src/ports/cluster.ts";

export const STABLE = "echo-v1";
export const CANARY = "echo-v2";
export type Side = typeof STABLE | typeof CANARY;

interface SideState {
  replicas: number;
  ready: number;
  template: number;
}

export class Workloads {
  #cluster: Cluster;
  #namespace: string;
  #sides: Record<Side, SideState>;

  constructor(cluster: Cluster, namespace: string, replicas: Record<Side, number>) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#sides = {
      [STABLE]: { replicas: replicas[STABLE], ready: replicas[STABLE], template: 1 },
      [CANARY]: { replicas: replicas[CANARY], ready: replicas[CANARY], template: 1 },
    };
  }

  /** Ready pods as they are, whoever knows of it. */
  ready(side: Side): number {
    return this.#sides[side].ready;
  }

  replicas(side: Side): number {
    return this.#sides[side].replicas;
  }

  async create(): Promise<void> {
    await this.#cluster.create(NAMESPACES, object("v1", "Namespace", undefined, this.#namespace));
    await this.#cluster.create(SERVICES, {
      ...object("v1", "Service", this.#namespace, "echo"),
      spec: { selector: { app: "echo" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    });
    await this.#cluster.create(ENDPOINT_SLICES, this.#slice());
    for (const side of [STABLE, CANARY] as const) await this.#createSide(side);
  }

  /** The side's first `ready` pods are ready from now on, the others are not. */
  async setReady(side: Side, ready: number): Promise<void> {
    this.#sides[side].ready = Math.min(ready, this.#sides[side].replicas);
    await this.#publish(side);
  }

  /** A new pod template: other code under the same name. */
  async changeTemplate(side: Side): Promise<void> {
    this.#sides[side].template += 1;
    await this.#cluster.patch(
      DEPLOYMENTS,
      { namespace: this.#namespace, name: side },
      { type: "merge", body: { spec: { template: this.#template(side) } } },
    );
    await this.#publish(side);
  }

  /** Makes what somebody asked of a Deployment's replicas true. */
  async followScale(side: Side): Promise<void> {
    const { spec } = await this.#cluster.get<Deployment>(DEPLOYMENTS, { namespace: this.#namespace, name: side });
    const state = this.#sides[side];
    if (spec.replicas === state.replicas || spec.replicas === undefined) return;
    for (let index = state.replicas; index < spec.replicas; index++) await this.#createPod(side, index);
    state.ready += Math.max(0, spec.replicas - state.replicas);
    state.replicas = spec.replicas;
    await this.#publish(side);
  }

  async #createSide(side: Side): Promise<void> {
    const { replicas } = this.#sides[side];
    await this.#cluster.create(DEPLOYMENTS, {
      ...object("apps/v1", "Deployment", this.#namespace, side),
      spec: { replicas, selector: { matchLabels: labelsOf(side) }, template: this.#template(side) },
    });
    for (let index = 0; index < replicas; index++) await this.#createPod(side, index);
    await this.#publish(side);
  }

  #createPod(side: Side, index: number): Promise<KubeObject> {
    const pod = object("v1", "Pod", this.#namespace, `${side}-${index}`);
    pod.metadata.labels = labelsOf(side);
    return this.#cluster.create(PODS, { ...pod, spec: { containers: [{ name: "echo", image: "echo" }] } });
  }

  async #publish(side: Side): Promise<void> {
    const key = { namespace: this.#namespace, name: side };
    const { replicas, ready } = this.#sides[side];
    const { metadata } = await this.#cluster.get(DEPLOYMENTS, key);
    const status = {
      observedGeneration: metadata.generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: ready,
      availableReplicas: ready,
    };
    await this.#cluster.patch(DEPLOYMENTS, key, { type: "merge", body: { status } }, { subresource: "status" });
    const slice = { namespace: this.#namespace, name: "echo-1" };
    await this.#cluster.patch(ENDPOINT_SLICES, slice, { type: "merge", body: { endpoints: this.#endpoints() } });
  }

  #slice(): KubeObject {
    const slice = object("discovery.k8s.io/v1", "EndpointSlice", this.#namespace, "echo-1");
    slice.metadata.labels = { "kubernetes.io/service-name": "echo" };
    return { ...slice, addressType: "IPv4", endpoints: this.#endpoints(), ports: [{ name: "http", port: 8080 }] };
  }

  #endpoints(): Endpoint[] {
    return ([STABLE, CANARY] as const).flatMap((side, sideIndex) =>
      Array.from({ length: this.#sides[side].replicas }, (_, index) => {
        const ready = index < this.#sides[side].ready;
        return {
          addresses: [`10.0.${sideIndex}.${index + 1}`],
          conditions: { ready, serving: ready, terminating: false },
          targetRef: { kind: "Pod", namespace: this.#namespace, name: `${side}-${index}` },
        };
      }),
    );
  }

  #template(side: Side) {
    return {
      metadata: { labels: labelsOf(side), annotations: { template: String(this.#sides[side].template) } },
      spec: { containers: [{ name: "echo", image: "echo" }] },
    };
  }
}

function labelsOf(side: Side): Record<string, string> {
  return { app: "echo", version: side === STABLE ? "v1" : "v2" };
}

export function object(apiVersion: string, kind: string, namespace: string | undefined, name: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
