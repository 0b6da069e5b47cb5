// The objects that the gateway works by, held current by informers, and a call whenever one of them changed in a way that matters.

import { isDeepStrictEqual } from "node:util";
import type { KubeObject, ObjectKey } from "../core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAYS,
  PODS,
  type Resource,
  SECRETS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../core/kubernetes/resource.ts";
import type { EndpointSlice, Pod, Service } from "../core/kubernetes/workload.ts";
import { type Change, Informer } from "../informer/informer.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import { CREDENTIAL_KEYS, type Secret } from "./credentials.ts";
import { GROUP } from "./gateway-api/objects.ts";
import { GatewayApiWatch } from "./gateway-api/watch.ts";
import type { DestinationRule, IstioGateway, VirtualService } from "./objects.ts";

export interface WatchOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  onChange: () => void;
  /** Somebody wrote the status of an object of Gateway API. */
  onStatusChange: (object: KubeObject) => void;
}

export class WorldWatch {
  readonly gateways: Informer<IstioGateway>;
  readonly virtualServices: Informer<VirtualService>;
  readonly destinationRules: Informer<DestinationRule>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly pods: Informer<Pod>;
  /** Those that could be credentials, and of them nothing else. */
  readonly secrets: Informer<Secret>;
  readonly gatewayApi: GatewayApiWatch;
  readonly #all: Map<string, Informer<KubeObject>>;
  readonly #newest = new Map<string, number>();
  readonly #stop = new AbortController();

  constructor({ cluster, clock, log, onChange, onStatusChange }: WatchOptions) {
    const all = new Map<string, Informer<KubeObject>>();
    const watch = <T extends KubeObject>(
      resource: Resource,
      matters: (change: Change<T>) => boolean,
      keep?: (object: KubeObject) => T,
    ): Informer<T> => {
      const informer = new Informer<T>({ cluster, resource, clock, log, ...(keep && { keep }) });
      informer.onChange((change) => {
        const version = Number((change.object ?? change.before)?.metadata.resourceVersion ?? 0);
        this.#newest.set(resource.plural, Math.max(version, this.#newest.get(resource.plural) ?? 0));
        if (matters(change)) onChange();
      });
      all.set(resource.plural, informer as unknown as Informer<KubeObject>);
      return informer;
    };
    this.gateways = watch(GATEWAYS, specChanged);
    this.virtualServices = watch(VIRTUAL_SERVICES, specChanged);
    this.destinationRules = watch(DESTINATION_RULES, specChanged);
    this.services = watch(SERVICES, specChanged);
    this.endpointSlices = watch(ENDPOINT_SLICES, () => true);
    this.pods = watch(PODS, podMatters);
    this.secrets = watch(SECRETS, dataChanged, credentialOf);
    this.gatewayApi = new GatewayApiWatch({ cluster, clock, log, onChange, onStatusChange });
    this.#all = all;
  }

  /** Resolves when every copy is complete. */
  async start(): Promise<void> {
    for (const informer of this.#all.values()) void informer.start(this.#stop.signal);
    const gatewayApi = this.gatewayApi.start(this.#stop.signal);
    await Promise.all([gatewayApi, ...[...this.#all.values()].map((informer) => informer.synced)]);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Whether the gateway works by objects of this kind. */
  reads(resource: Resource): boolean {
    return this.gatewayApi.informerOf(resource) !== undefined || this.#own(resource) !== undefined;
  }

  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return (this.gatewayApi.informerOf(resource) ?? this.#own(resource))?.get(key);
  }

  #own({ group, plural }: Resource): Informer<KubeObject> | undefined {
    return group === GROUP ? undefined : this.#all.get(plural);
  }

  /** The newest resourceVersion seen of any object of the resource: everything older has been seen, too. */
  newestVersion(resource: Resource): number {
    if (resource.group === GROUP) return this.gatewayApi.newestVersion(resource);
    return this.#newest.get(resource.plural) ?? 0;
  }
}

/** Status writes, our own among them, change no route. */
function specChanged<T extends KubeObject>({ object, before }: Change<T>): boolean {
  return object === undefined || before === undefined || !isDeepStrictEqual(object["spec"], before["spec"]);
}

function credentialOf({ apiVersion, kind, metadata, data }: Secret): Secret {
  const { name, namespace, resourceVersion, uid } = metadata;
  const kept = Object.entries(data ?? {}).filter(([key]) => CREDENTIAL_KEYS.includes(key));
  return { apiVersion, kind, metadata: { name, namespace, resourceVersion, uid }, data: Object.fromEntries(kept) };
}

function dataChanged({ object, before }: Change<Secret>): boolean {
  return !isDeepStrictEqual(object?.data, before?.data);
}

/** Pods are written often; only these parts reach the table. */
function podMatters({ object, before }: Change<Pod>): boolean {
  if (object === undefined || before === undefined) return true;
  const [now, then] = [object.metadata, before.metadata];
  return (
    now.uid !== then.uid ||
    now.deletionTimestamp !== then.deletionTimestamp ||
    !isDeepStrictEqual(now.labels, then.labels) ||
    !isDeepStrictEqual(now.annotations, then.annotations) ||
    !isDeepStrictEqual(now.ownerReferences, then.ownerReferences)
  );
}
