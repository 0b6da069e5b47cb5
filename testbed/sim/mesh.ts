// The data plane of a simulated world: proxies that take up changes late, answer what they work by, carry traffic by it,
// and count. Its counters can be hidden (blind) and its traffic stopped (quiet).

import type { KubeObject, ObjectKey } from "../../src/core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  type Resource,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import { Informer } from "../../src/informer/informer.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Acknowledgement, DataPlane } from "../../src/ports/data-plane.ts";
import type { Log } from "../../src/ports/log.ts";
import { type CounterReading, type MetricSource, MetricSourceError } from "../../src/ports/metric-source.ts";
import type { Random } from "./random.ts";
import { canaryWeight, TOTAL } from "./route.ts";
import { CANARY, type Side, STABLE, type Workloads } from "./workloads.ts";

export interface MeshOptions {
  cluster: Cluster;
  namespace: string;
  clock: Clock;
  log: Log;
  random: Random;
  workloads: Workloads;
  /** Share of requests that each version answers with an error. */
  errorShare: Record<Side, number>;
  requestsPerSecond: number;
  maxUptakeMs: number;
}

const TICK_MS = 100;

export class Mesh implements DataPlane, MetricSource {
  blind = false;
  quiet = false;
  /** Requests that met a version without any ready pod. */
  unserved = 0;
  #options: MeshOptions;
  #known = new Map<string, number>();
  #weight = 0;
  #counters = { [STABLE]: newCounters(), [CANARY]: newCounters() };
  #stop = new AbortController();

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { cluster, namespace, clock, log } = this.#options;
    const informers = [VIRTUAL_SERVICES, DESTINATION_RULES, ENDPOINT_SLICES].map((resource) => {
      const informer = new Informer<KubeObject>({ cluster, resource, namespace, clock, log });
      informer.onChange(({ object }) => object !== undefined && this.#takeUpLater(resource, object));
      void informer.start(this.#stop.signal);
      return informer;
    });
    await Promise.all(informers.map(({ synced }) => synced));
    this.#tick();
  }

  stop(): void {
    this.#stop.abort();
  }

  async acknowledged(resource: Resource, key: ObjectKey, resourceVersion: string): Promise<Acknowledgement> {
    const known = this.#known.get(`${resource.plural}/${key.name}`) ?? 0;
    return known >= Number(resourceVersion)
      ? { acknowledged: true }
      : { acknowledged: false, waitingFor: "the simulated proxies" };
  }

  async inFlight(): Promise<number> {
    return 0;
  }

  async read(): Promise<CounterReading> {
    if (this.blind) throw new MetricSourceError("the counters cannot be read");
    return { atMs: this.#options.clock.now(), workloads: structuredClone(this.#counters) };
  }

  /** Whether every proxy works by this version of the route. */
  worksBy(resourceVersion: string): boolean {
    return (this.#known.get("virtualservices/echo") ?? 0) >= Number(resourceVersion);
  }

  #takeUpLater(resource: Resource, object: KubeObject): void {
    const { clock, random, maxUptakeMs } = this.#options;
    const { name, resourceVersion = "0" } = object.metadata;
    clock.after(random.between(20, maxUptakeMs), () => {
      const id = `${resource.plural}/${name}`;
      if ((this.#known.get(id) ?? 0) >= Number(resourceVersion)) return;
      this.#known.set(id, Number(resourceVersion));
      if (resource === VIRTUAL_SERVICES) this.#weight = canaryWeight(object);
    });
  }

  #tick(): void {
    if (this.#stop.signal.aborted) return;
    this.#options.clock.after(TICK_MS, () => this.#tick());
    if (this.quiet) return;
    const requests = (this.#options.requestsPerSecond * TICK_MS) / 1_000;
    for (let count = 0; count < requests; count++) this.#send();
  }

  #send(): void {
    const { random, workloads, errorShare } = this.#options;
    const side: Side = random.chance(this.#weight / TOTAL) ? CANARY : STABLE;
    const counters = this.#counters[side];
    counters.requests += 1;
    if (workloads.ready(side) === 0) {
      this.unserved += 1;
      counters.errors += 1;
    } else if (random.chance(errorShare[side])) counters.errors += 1;
  }
}

function newCounters() {
  return { requests: 0, errors: 0, epoch: "1" };
}
