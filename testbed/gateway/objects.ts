// Builders of the objects in the gateway's unit tests, and requests against a compiled world.

import type { ObjectMeta } from "../../src/core/kubernetes/object.ts";
import type { Pod } from "../../src/core/kubernetes/workload.ts";
import { compileTable } from "../../src/gateway/compile/compile.ts";
import { INGRESS_LABELS, INGRESS_NAMESPACE } from "../../src/gateway/ingress-objects.ts";
import type { DestinationRule, HttpRoute, IstioGateway, VirtualService } from "../../src/gateway/objects.ts";
import { findByHost, findRoute, type RequestView } from "../../src/gateway/routing/match.ts";
import { hostWithoutPort } from "../../src/gateway/routing/names.ts";
import type { Route, RouteTable } from "../../src/gateway/routing/table.ts";
import type { World } from "../../src/gateway/world.ts";
import { object } from "./world.ts";

export interface TestRequest {
  method?: string;
  host?: string;
  path?: string;
  headers?: Record<string, string>;
  port?: number;
}

export function requestView({
  method = "GET",
  host = "shop.example",
  path = "/",
  headers = {},
}: TestRequest): RequestView {
  const [before, query = ""] = path.split("?", 2) as [string, string?];
  const header = (name: string) => (headers[name] === undefined ? undefined : [headers[name]]);
  return { method, authority: host, scheme: "http", path: before, query, header };
}

/** The route that a request takes in a compiled table. */
export function routeOf(table: RouteTable, request: TestRequest): Route | undefined {
  const view = requestView(request);
  const virtualHost = findByHost(table.ports.get(request.port ?? 80)!, hostWithoutPort(view.authority));
  return virtualHost && findRoute(virtualHost, view);
}

/** Its name, or why there is none. */
export function nameOf(world: World, request: TestRequest): string {
  return routeOf(compileTable(world).table, request)?.name ?? "404";
}

export function gateway(spec: Partial<IstioGateway["spec"]> = {}, name = "gw", namespace = "default"): IstioGateway {
  const servers = [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }];
  const made = object("networking.istio.io/v1", "Gateway", name, {
    selector: { istio: "ingressgateway" },
    servers,
    ...spec,
  });
  return { ...made, metadata: { ...made.metadata, namespace } } as IstioGateway;
}

let age = 0;

/** Younger than every VirtualService made before. */
export function virtualService(
  http: HttpRoute[],
  spec: Partial<VirtualService["spec"]> = {},
  name = `vs-${age}`,
): VirtualService {
  const made = object("networking.istio.io/v1", "VirtualService", name, {
    hosts: ["*"],
    gateways: ["gw"],
    http,
    ...spec,
  });
  made.metadata.creationTimestamp = new Date(Date.UTC(2026, 0, 1) + age++ * 1_000).toISOString();
  return made as VirtualService;
}

export function destinationRule(spec: Partial<DestinationRule["spec"]> = {}, namespace = "default"): DestinationRule {
  const subsets = ["v1", "v2"].map((version) => ({ name: version, labels: { version } }));
  const made = object("networking.istio.io/v1", "DestinationRule", "echo", { host: "echo", subsets, ...spec });
  return { ...made, metadata: { ...made.metadata, namespace } } as DestinationRule;
}

/** A route to Service echo with a name to know it by. */
export function named(name: string, rest: HttpRoute = {}): HttpRoute {
  return { name, route: [{ destination: { host: "echo" } }], ...rest };
}

/** Service echo with two ready pods, v1 and v2. */
export function worldOf(parts: Partial<World>): World {
  const service = object("v1", "Service", "echo", {
    selector: { app: "echo" },
    ports: [{ name: "http", port: 80, targetPort: 8080 }],
  });
  return {
    gateways: [gateway()],
    virtualServices: [],
    destinationRules: [destinationRule()],
    services: [service as World["services"][number]],
    endpointSlices: [
      slice([
        { ip: "127.1.0.1", pod: "echo-v1-abc-1" },
        { ip: "127.1.0.2", pod: "echo-v2-abc-1" },
      ]),
    ],
    pods: [pod("echo-v1-abc-1", "v1"), pod("echo-v2-abc-1", "v2")],
    gatewayLabels: INGRESS_LABELS,
    gatewayNamespace: INGRESS_NAMESPACE,
    openPorts: [80],
    ...parts,
  };
}

export function pod(name: string, version: string, metadata: Partial<ObjectMeta> = {}): Pod {
  const made = object("v1", "Pod", name, undefined);
  const labels = { app: "echo", version, "pod-template-hash": "abc" };
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `echo-${version}-abc`, uid: "u", controller: true };
  const meta = { ...made.metadata, labels, ownerReferences: [owner], ...metadata };
  return { ...made, metadata: meta, spec: { containers: [{ name: "echo", image: "echo" }] } };
}

export interface TestEndpoint {
  ip: string;
  pod: string;
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
}

export function slice(endpoints: TestEndpoint[]): World["endpointSlices"][number] {
  const made = object("discovery.k8s.io/v1", "EndpointSlice", "echo-1", undefined);
  return {
    ...made,
    metadata: { ...made.metadata, labels: { "kubernetes.io/service-name": "echo" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: endpoints.map(({ ip, pod, conditions = { ready: true } }) => ({
      addresses: [ip],
      conditions,
      targetRef: { kind: "Pod", name: pod },
    })),
  };
}
