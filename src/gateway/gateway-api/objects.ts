// The Gateway API objects that the gateway reads, as the API server gives them: defaults of their definitions are filled in.
// https://gateway-api.sigs.k8s.io/reference/api-spec/

import type { Condition, KubeObject } from "../../core/kubernetes/object.ts";
import type { LabelSelector } from "../../core/kubernetes/selector.ts";

/** Everything of Gateway API in a cluster, and what its rules look at beside it. */
export interface GatewayApiObjects {
  classes: readonly GatewayClass[];
  gateways: readonly KubernetesGateway[];
  httpRoutes: readonly HttpRouteObject[];
  grpcRoutes: readonly GrpcRouteObject[];
  grants: readonly ReferenceGrant[];
  namespaces: readonly KubeObject[];
}

export interface GatewayClass extends KubeObject {
  spec: { controllerName: string };
  status?: { conditions?: Condition[] };
}

export interface KubernetesGateway extends KubeObject {
  spec: {
    gatewayClassName: string;
    listeners: ListenerSpec[];
    addresses?: { type?: string; value?: string }[];
    infrastructure?: Record<string, unknown>;
    tls?: Record<string, unknown>;
    allowedListeners?: Record<string, unknown>;
  };
  status?: GatewayStatus;
}

export interface GatewayStatus {
  addresses?: { type: string; value: string }[];
  conditions?: Condition[];
  listeners?: ListenerStatus[];
  [field: string]: unknown;
}

export interface ListenerStatus {
  name: string;
  attachedRoutes: number;
  supportedKinds: RouteGroupKind[];
  conditions: Condition[];
}

export interface RouteGroupKind {
  group?: string;
  kind: string;
}

export interface ListenerSpec {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  tls?: {
    mode?: string;
    certificateRefs?: { group?: string; kind?: string; namespace?: string; name: string }[];
    options?: Record<string, string>;
  };
  allowedRoutes?: { namespaces?: { from?: string; selector?: LabelSelector }; kinds?: RouteGroupKind[] };
}

export interface ParentReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
  sectionName?: string;
  port?: number;
}

/** What HTTPRoute and GRPCRoute have in common. */
export interface RouteObject<Rule = HttpRule | GrpcRule> extends KubeObject {
  spec: { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: Rule[] };
  status?: { parents?: RouteParentStatus[] };
}

export interface RouteParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

export type HttpRouteObject = RouteObject<HttpRule>;
export type GrpcRouteObject = RouteObject<GrpcRule>;

export interface HttpRule {
  name?: string;
  matches?: HttpRuleMatch[];
  filters?: RouteFilter[];
  backendRefs?: BackendRef[];
  timeouts?: { request?: string; backendRequest?: string };
  /** Of the experimental channel. */
  retry?: { codes?: number[]; attempts?: number; backoff?: string };
}

export interface HttpRuleMatch {
  path?: { type?: string; value?: string };
  headers?: NamedMatch[];
  queryParams?: NamedMatch[];
  method?: string;
}

export interface NamedMatch {
  type?: string;
  name: string;
  value: string;
}

export interface GrpcRule {
  name?: string;
  matches?: GrpcRuleMatch[];
  filters?: RouteFilter[];
  backendRefs?: BackendRef[];
}

export interface GrpcRuleMatch {
  method?: { type?: string; service?: string; method?: string };
  headers?: NamedMatch[];
}

export interface RouteFilter {
  type: string;
  requestHeaderModifier?: HeaderFilter;
  responseHeaderModifier?: HeaderFilter;
  requestMirror?: MirrorFilter;
  requestRedirect?: RedirectFilter;
  urlRewrite?: { hostname?: string; path?: PathModifier };
  cors?: CorsFilter;
}

export interface HeaderFilter {
  set?: { name: string; value: string }[];
  add?: { name: string; value: string }[];
  remove?: string[];
}

export interface MirrorFilter {
  backendRef: BackendReference;
  percent?: number;
  fraction?: { numerator: number; denominator?: number };
}

export interface RedirectFilter {
  scheme?: string;
  hostname?: string;
  path?: PathModifier;
  port?: number;
  statusCode?: number;
}

export interface PathModifier {
  type: string;
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

export interface CorsFilter {
  allowOrigins?: string[];
  allowCredentials?: boolean;
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: number;
}

export interface BackendReference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
  port?: number;
}

export interface BackendRef extends BackendReference {
  weight?: number;
  filters?: RouteFilter[];
}

export interface ReferenceGrant extends KubeObject {
  spec: {
    from: { group: string; kind: string; namespace: string }[];
    to: { group: string; kind: string; name?: string }[];
  };
}

/** Why something in a route or a Gateway cannot be as it is written: a condition's reason and message. */
export interface Finding {
  reason: string;
  message: string;
}

export const GROUP = "gateway.networking.k8s.io";
export const CONTROLLER = "istio.io/gateway-controller";
