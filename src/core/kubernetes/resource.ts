// Which API resources exist, as values: the cluster port takes a Resource and a name, never a URL.

/** One resource of the API: enough to build its URL and its objects' type fields. */
export interface Resource {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const resource = (group: string, version: string, kind: string, plural: string, namespaced = true): Resource => ({
  group,
  version,
  kind,
  plural,
  namespaced,
});

export const NAMESPACES = resource("", "v1", "Namespace", "namespaces", false);
export const PODS = resource("", "v1", "Pod", "pods");
export const SERVICES = resource("", "v1", "Service", "services");
export const CONFIG_MAPS = resource("", "v1", "ConfigMap", "configmaps");
export const SECRETS = resource("", "v1", "Secret", "secrets");
export const EVENTS = resource("", "v1", "Event", "events");
export const NODES = resource("", "v1", "Node", "nodes", false);
export const DEPLOYMENTS = resource("apps", "v1", "Deployment", "deployments");
export const REPLICA_SETS = resource("apps", "v1", "ReplicaSet", "replicasets");
export const ENDPOINT_SLICES = resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices");
export const LEASES = resource("coordination.k8s.io", "v1", "Lease", "leases");
export const CUSTOM_RESOURCE_DEFINITIONS = resource(
  "apiextensions.k8s.io",
  "v1",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  false,
);
export const VIRTUAL_SERVICES = resource("networking.istio.io", "v1", "VirtualService", "virtualservices");
export const DESTINATION_RULES = resource("networking.istio.io", "v1", "DestinationRule", "destinationrules");
export const GATEWAYS = resource("networking.istio.io", "v1", "Gateway", "gateways");
const GATEWAY_API = "gateway.networking.k8s.io";
export const GATEWAY_CLASSES = resource(GATEWAY_API, "v1", "GatewayClass", "gatewayclasses", false);
/** Gateway API's; Istio's own kind of that name is GATEWAYS. */
export const KUBERNETES_GATEWAYS = resource(GATEWAY_API, "v1", "Gateway", "gateways");
export const HTTP_ROUTES = resource(GATEWAY_API, "v1", "HTTPRoute", "httproutes");
export const GRPC_ROUTES = resource(GATEWAY_API, "v1", "GRPCRoute", "grpcroutes");
/** Every release that is in use serves this version. */
export const REFERENCE_GRANTS = resource(GATEWAY_API, "v1beta1", "ReferenceGrant", "referencegrants");
export const CANARIES = resource("serin.dev", "v1alpha1", "Canary", "canaries");
export const CANARY_ACTIONS = resource("serin.dev", "v1alpha1", "CanaryAction", "canaryactions");

/** The `apiVersion` that objects of the resource carry: "v1", "apps/v1". */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}
