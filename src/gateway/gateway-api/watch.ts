// Gateway API's objects, held current for as long as their definitions are there.

import { isDeepStrictEqual } from "node:util";
import type { KubeObject, ObjectKey } from "../../core/kubernetes/object.ts";
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  GATEWAY_CLASSES,
  GRPC_ROUTES,
  HTTP_ROUTES,
  KUBERNETES_GATEWAYS,
  NAMESPACES,
  REFERENCE_GRANTS,
  type Resource,
} from "../../core/kubernetes/resource.ts";
import { type Change, Informer } from "../../informer/informer.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { Log } from "../../ports/log.ts";
import {
  type GatewayApiObjects,
  type GatewayClass,
  GROUP,
  type GrpcRouteObject,
  type HttpRouteObject,
  type KubernetesGateway,
  type ReferenceGrant,
} from "./objects.ts";
import { OptionalInformer } from "./optional-informer.ts";

/** Of a definition: which versions are served. */
interface Definition extends KubeObject {
  served: string[];
}

export interface GatewayApiWatchOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  onChange: () => void;
  /** Somebody wrote a status, and nothing else. */
  onStatusChange: (object: KubeObject) => void;
}

export class GatewayApiWatch {
  readonly classes: OptionalInformer<GatewayClass>;
  readonly gateways: OptionalInformer<KubernetesGateway>;
  readonly httpRoutes: OptionalInformer<HttpRouteObject>;
  readonly grpcRoutes: OptionalInformer<GrpcRouteObject>;
  readonly grants: OptionalInformer<ReferenceGrant>;
  readonly #namespaces: Informer<KubeObject>;
  readonly #definitions: Informer<Definition>;
  readonly #all: OptionalInformer<KubeObject>[] = [];
  readonly #newest = new Map<string, number>();
  readonly #onChange: () => void;
  readonly #onStatusChange: (object: KubeObject) => void;

  constructor({ cluster, clock, log, onChange, onStatusChange }: GatewayApiWatchOptions) {
    this.#onChange = onChange;
    this.#onStatusChange = onStatusChange;
    const optional = <T extends KubeObject>(resource: Resource): OptionalInformer<T> => {
      const informer = new OptionalInformer<T>({ cluster, resource, clock, log }, (change) =>
        this.#changed(resource, change),
      );
      this.#all.push(informer as unknown as OptionalInformer<KubeObject>);
      return informer;
    };
    this.classes = optional(GATEWAY_CLASSES);
    this.gateways = optional(KUBERNETES_GATEWAYS);
    this.httpRoutes = optional(HTTP_ROUTES);
    this.grpcRoutes = optional(GRPC_ROUTES);
    this.grants = optional(REFERENCE_GRANTS);
    this.#namespaces = new Informer({ cluster, resource: NAMESPACES, clock, log, keep: labelsOf });
    this.#namespaces.onChange(({ object, before }) => {
      if (!isDeepStrictEqual(object?.metadata.labels, before?.metadata.labels)) onChange();
    });
    this.#definitions = new Informer({ cluster, resource: CUSTOM_RESOURCE_DEFINITIONS, clock, log, keep: servedOf });
  }

  /** Resolves when every copy of what is there is complete. */
  async start(signal: AbortSignal): Promise<void> {
    void this.#namespaces.start(signal);
    void this.#definitions.start(signal);
    signal.addEventListener("abort", () => this.#all.forEach((each) => each.disappear()), { once: true });
    await Promise.all([this.#namespaces.synced, this.#definitions.synced]);
    await Promise.all(this.#all.map((each) => this.#follow(each)));
    this.#definitions.onChange(({ key }) => {
      for (const each of this.#all) if (key.name === definitionOf(each.resource)) void this.#follow(each);
    });
  }

  async #follow(informer: OptionalInformer<KubeObject>): Promise<void> {
    const definition = this.#definitions.get({ name: definitionOf(informer.resource) });
    const isServed = definition?.served.includes(informer.resource.version) === true;
    if (isServed === informer.isThere) return;
    if (isServed) await informer.appear();
    else informer.disappear();
    this.#onChange();
  }

  #changed(resource: Resource, { object, before }: Change<KubeObject>): void {
    const version = Number((object ?? before)?.metadata.resourceVersion ?? 0);
    this.#newest.set(resource.plural, Math.max(version, this.newestVersion(resource)));
    // Status writes, our own among them, change no route.
    if (!isDeepStrictEqual(object?.["spec"], before?.["spec"])) this.#onChange();
    else if (object !== undefined) this.#onStatusChange(object);
  }

  /** Undefined while the cluster has no Gateways of this kind. */
  objects(): GatewayApiObjects | undefined {
    if (!this.gateways.isThere) return undefined;
    return {
      classes: this.classes.list(),
      gateways: this.gateways.list(),
      httpRoutes: this.httpRoutes.list(),
      grpcRoutes: this.grpcRoutes.list(),
      grants: this.grants.list(),
      namespaces: this.#namespaces.list(),
    };
  }

  informerOf({ group, plural }: Resource): OptionalInformer<KubeObject> | undefined {
    return group === GROUP
      ? this.#all.find(({ resource, isThere }) => isThere && resource.plural === plural)
      : undefined;
  }

  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return this.informerOf(resource)?.get(key);
  }

  newestVersion({ plural }: Resource): number {
    return this.#newest.get(plural) ?? 0;
  }
}

function definitionOf({ plural, group }: Resource): string {
  return `${plural}.${group}`;
}

function labelsOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, resourceVersion, labels } = metadata;
  return { apiVersion, kind, metadata: { name, resourceVersion, labels } };
}

/** Nothing is served before the names are accepted. */
function servedOf({ apiVersion, kind, metadata, ...rest }: KubeObject): Definition {
  const { name, resourceVersion, deletionTimestamp } = metadata;
  const { spec, status } = rest as {
    spec?: { versions?: { name: string; served: boolean }[] };
    status?: { conditions?: { type: string; status: string }[] };
  };
  const isEstablished = status?.conditions?.some((each) => each.type === "Established" && each.status === "True");
  const isOpen = isEstablished === true && deletionTimestamp === undefined;
  const served = isOpen ? (spec?.versions ?? []).filter((each) => each.served).map((each) => each.name) : [];
  return { apiVersion, kind, metadata: { name, resourceVersion }, served };
}
