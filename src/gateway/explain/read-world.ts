// The objects of a cluster, read once, for explaining: the sandbox's or a real one's.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAY_CLASSES,
  GATEWAYS,
  GRPC_ROUTES,
  HTTP_ROUTES,
  KUBERNETES_GATEWAYS,
  NAMESPACES,
  PODS,
  REFERENCE_GRANTS,
  type Resource,
  SECRETS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../core/kubernetes/resource.ts";
import type { EndpointSlice, Pod, Service } from "../../core/kubernetes/workload.ts";
import { type Cluster, isClusterError } from "../../ports/cluster.ts";
import { CredentialStore, type Credentials } from "../credential-store.ts";
import type { Secret } from "../credentials.ts";
import type {
  GatewayApiObjects,
  GatewayClass,
  GrpcRouteObject,
  HttpRouteObject,
  KubernetesGateway,
  ReferenceGrant,
} from "../gateway-api/objects.ts";
import { INGRESS_LABELS, INGRESS_NAMESPACE, PORTS_ANNOTATION } from "../ingress-objects.ts";
import type { DestinationRule, IstioGateway, VirtualService } from "../objects.ts";
import type { World } from "../world.ts";

/** `port` is the one that is asked about. */
export async function readWorld(cluster: Cluster, port: number): Promise<World> {
  const [gateways, virtualServices, destinationRules, services, endpointSlices, pods, gatewayApi] = await Promise.all([
    cluster.list<IstioGateway>(GATEWAYS),
    cluster.list<VirtualService>(VIRTUAL_SERVICES),
    cluster.list<DestinationRule>(DESTINATION_RULES),
    cluster.list<Service>(SERVICES),
    cluster.list<EndpointSlice>(ENDPOINT_SLICES),
    cluster.list<Pod>(PODS),
    readGatewayApi(cluster),
  ]);
  const ingress = pods.items.find(({ metadata }) => metadata.labels?.["istio"] === INGRESS_LABELS.istio);
  const ports = ingress?.metadata.annotations?.[PORTS_ANNOTATION];
  const named = [
    ...gateways.items.flatMap(({ spec }) => (spec?.servers ?? []).flatMap(({ port }) => port?.number ?? [])),
    ...(gatewayApi?.gateways ?? []).flatMap(({ spec }) => spec.listeners.map(({ port }) => port)),
  ];
  return {
    gateways: gateways.items,
    virtualServices: virtualServices.items,
    destinationRules: destinationRules.items,
    services: services.items,
    endpointSlices: endpointSlices.items,
    pods: pods.items,
    ...(gatewayApi === undefined ? {} : { gatewayApi }),
    gatewayLabels: ingress?.metadata.labels ?? INGRESS_LABELS,
    gatewayNamespace: ingress?.metadata.namespace ?? INGRESS_NAMESPACE,
    // A real gateway opens what its Gateways say; the sandbox's says on its pod what it has open.
    openPorts:
      ports === undefined ? [...new Set([port, ...named])] : Object.keys(JSON.parse(ports) as object).map(Number),
    serveDespiteProblems: ingress !== undefined && ports === undefined,
    ...(ports !== undefined && { credentials: await readCredentials(cluster) }),
  };
}

/** Of the sandbox only: on a real cluster nobody's Secrets are read to explain a route. */
async function readCredentials(cluster: Cluster): Promise<Credentials> {
  const { items } = await cluster.list<Secret>(SECRETS);
  const byName = new Map(items.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]));
  return new CredentialStore((namespace, name) => byName.get(`${namespace}/${name}`));
}

/** Undefined where the cluster has no Gateway API, or nobody who asks may read its Gateways. */
async function readGatewayApi(cluster: Cluster): Promise<GatewayApiObjects | undefined> {
  const gateways = await listIfThere<KubernetesGateway>(cluster, KUBERNETES_GATEWAYS);
  if (gateways === undefined) return undefined;
  const [classes = [], httpRoutes = [], grpcRoutes = [], grants = [], namespaces = []] = await Promise.all([
    listIfThere<GatewayClass>(cluster, GATEWAY_CLASSES),
    listIfThere<HttpRouteObject>(cluster, HTTP_ROUTES),
    listIfThere<GrpcRouteObject>(cluster, GRPC_ROUTES),
    listIfThere<ReferenceGrant>(cluster, REFERENCE_GRANTS),
    listIfThere(cluster, NAMESPACES),
  ]);
  return { classes, gateways, httpRoutes, grpcRoutes, grants, namespaces };
}

async function listIfThere<T extends KubeObject>(cluster: Cluster, resource: Resource): Promise<T[] | undefined> {
  try {
    return (await cluster.list<T>(resource)).items;
  } catch (error) {
    if (isClusterError(error, "NotFound", "Forbidden")) return undefined;
    throw error;
  }
}
