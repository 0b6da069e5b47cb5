// Builders of Gateway API objects in the gateway's tests, with the defaults that their definitions fill in.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import type {
  GatewayApiObjects,
  GrpcRouteObject,
  GrpcRule,
  HttpRouteObject,
  HttpRule,
  KubernetesGateway,
  ListenerSpec,
  ParentReference,
  ReferenceGrant,
} from "../../src/gateway/gateway-api/objects.ts";
import { object } from "./world.ts";

const API = "gateway.networking.k8s.io/v1";

let age = 0;

/** Younger than every one made before. */
function made<T extends KubeObject>(kind: string, name: string, spec: unknown, namespace = "default"): T {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + age++ * 1_000).toISOString();
  const each = object(API, kind, name, spec);
  return { ...each, metadata: { ...each.metadata, namespace, creationTimestamp, generation: 1 } } as unknown as T;
}

export function listener(spec: Partial<ListenerSpec> = {}): ListenerSpec {
  return { name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "Same" } }, ...spec };
}

export function kubernetesGateway(
  listeners: ListenerSpec[] = [listener()],
  spec: Partial<KubernetesGateway["spec"]> = {},
  { name = "web", namespace = "default" }: { name?: string; namespace?: string } = {},
): KubernetesGateway {
  return made("Gateway", name, { gatewayClassName: "istio", listeners, ...spec }, namespace);
}

export interface TestRoute {
  name?: string;
  namespace?: string;
  hostnames?: string[];
  parentRefs?: Partial<ParentReference>[];
}

export function httpRoute(rules: HttpRule[], { name = `route-${age}`, namespace, ...spec }: TestRoute = {}) {
  return made<HttpRouteObject>("HTTPRoute", name, withParents(rules, spec), namespace);
}

export function grpcRoute(rules: GrpcRule[], { name = `route-${age}`, namespace, ...spec }: TestRoute = {}) {
  return made<GrpcRouteObject>("GRPCRoute", name, withParents(rules, spec), namespace);
}

function withParents(rules: unknown[], { parentRefs = [{}], hostnames }: TestRoute) {
  const refs = parentRefs.map((each) => ({
    group: "gateway.networking.k8s.io",
    kind: "Gateway",
    name: "web",
    ...each,
  }));
  return { parentRefs: refs, rules, ...(hostnames === undefined ? {} : { hostnames }) };
}

/** A rule to Service echo with a name to know it by. */
export function rule(name: string, rest: HttpRule = {}): HttpRule {
  return { name, backendRefs: [{ name: "echo", port: 80 }], ...rest };
}

export function pathRule(name: string, type: "Exact" | "PathPrefix" | "RegularExpression", value: string): HttpRule {
  return rule(name, { matches: [{ path: { type, value } }] });
}

export function grant(
  from: { kind: string; namespace: string },
  to: { name?: string; namespace: string },
): ReferenceGrant {
  const spec = {
    from: [{ group: "gateway.networking.k8s.io", ...from }],
    to: [{ group: "", kind: "Service", ...(to.name === undefined ? {} : { name: to.name }) }],
  };
  return made("ReferenceGrant", `grant-${age}`, spec, to.namespace);
}

export function gatewayApi(parts: Partial<GatewayApiObjects> = {}): GatewayApiObjects {
  return {
    classes: [],
    gateways: [kubernetesGateway()],
    httpRoutes: [],
    grpcRoutes: [],
    grants: [],
    namespaces: [],
    ...parts,
  };
}
