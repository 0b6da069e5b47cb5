// Short forms for cases of Gateway API. Each case has a Gateway of its own: istiod takes a proxy that is there already only for one of the
// proxy's namespace, which is bound to it by its Service's host name.

import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import type { CaseRequest, DifferentialCase } from "../case.ts";

const API = "gateway.networking.k8s.io";
const SYSTEM = "istio-system";
const INGRESS = { type: "Hostname", value: `istio-ingressgateway.${SYSTEM}.svc.cluster.local` };

export interface Listener {
  name?: string;
  hostname?: string;
  port?: number;
  allowedRoutes?: unknown;
}

export function webGateway(listeners: readonly Listener[], name = "case-web"): KubeObject {
  const allowed = { namespaces: { from: "All" } };
  return {
    apiVersion: `${API}/v1`,
    kind: "Gateway",
    metadata: { name, namespace: SYSTEM },
    spec: {
      gatewayClassName: "istio",
      addresses: [INGRESS],
      listeners: listeners.map((each, i) => ({
        name: `l${i}`,
        port: 80,
        protocol: "HTTP",
        allowedRoutes: allowed,
        ...each,
      })),
    },
  };
}

export interface RouteSpec {
  namespace?: string;
  hostnames?: readonly string[];
  parentRefs?: readonly object[];
  rules?: readonly unknown[];
}

export function route(kind: "HTTPRoute" | "GRPCRoute", spec: RouteSpec, name = "case-0"): KubeObject {
  const { namespace = "default", parentRefs = [{}], ...rest } = spec;
  return {
    apiVersion: `${API}/v1`,
    kind,
    metadata: { name, namespace },
    spec: { ...rest, parentRefs: parentRefs.map((each) => ({ name: "case-web", namespace: SYSTEM, ...each })) },
  };
}

/** Grants to routes of a namespace the Services of `other`. */
export function grant(kind: "HTTPRoute" | "GRPCRoute", to: object = {}): KubeObject {
  return {
    apiVersion: `${API}/v1beta1`,
    kind: "ReferenceGrant",
    metadata: { name: "case-grant", namespace: "other" },
    spec: { from: [{ group: API, kind, namespace: "default" }], to: [{ group: "", kind: "Service", ...to }] },
  };
}

export interface CaseParts {
  listeners?: readonly Listener[];
  objects?: readonly KubeObject[];
}

/** Routes get older in the order given. */
export function routesCase(
  feature: string,
  name: string,
  routes: readonly KubeObject[],
  requests: readonly CaseRequest[],
  { listeners = [{ hostname: "case.test" }], objects = [] }: CaseParts = {},
): DifferentialCase {
  const gateway = listeners.length === 0 ? [] : [webGateway(listeners)];
  return { feature, name: `${feature}: ${name}`, routes: [], objects: [...gateway, ...objects, ...routes], requests };
}

/** One HTTPRoute. */
export function httpCase(
  name: string,
  rules: readonly unknown[],
  requests: readonly CaseRequest[],
  parts: CaseParts & Omit<RouteSpec, "rules"> = {},
): DifferentialCase {
  const { listeners, objects, ...spec } = parts;
  return routesCase("HTTPRoute", name, [route("HTTPRoute", { ...spec, rules })], requests, { listeners, objects });
}

/** Several HTTPRoutes, the oldest first. */
export function severalHttp(
  name: string,
  routes: readonly RouteSpec[],
  requests: readonly CaseRequest[],
  parts?: CaseParts,
) {
  const objects = routes.map((each, i) => route("HTTPRoute", each, `case-${i}`));
  return routesCase("HTTPRoute", name, objects, requests, parts);
}

export const backend = (name: string, more: object = {}) => ({ name, port: 80, ...more });
export const TO_V1 = [backend("echo-v1")];
export const TO_V2 = [backend("echo-v2")];
export const prefix = (value: string) => ({ path: { type: "PathPrefix", value } });
export const exact = (value: string) => ({ path: { type: "Exact", value } });
export const regex = (value: string) => ({ path: { type: "RegularExpression", value } });
