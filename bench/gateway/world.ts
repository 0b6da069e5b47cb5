// The same routes as the other two have, as objects for the gateway: a VirtualService with that many routes, each split 80/20 between
// two versions with one endpoint each.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAYS,
  PODS,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { type UpstreamPorts, VERSIONS } from "./nginx.ts";

const ISTIO = "networking.istio.io/v1";

export async function fillWorld(cluster: Cluster, upstream: UpstreamPorts, routes: number): Promise<void> {
  await cluster.create(SERVICES, object("v1", "Service", "echo", { ports: [{ name: "http", port: 80 }] }));
  const servers = [{ port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] }];
  await cluster.create(GATEWAYS, object(ISTIO, "Gateway", "gw", { selector: { istio: "ingressgateway" }, servers }));
  const subsets = VERSIONS.map((version) => ({ name: version, labels: { version } }));
  await cluster.create(DESTINATION_RULES, object(ISTIO, "DestinationRule", "echo", { host: "echo", subsets }));
  const to = (subset: string, weight: number) => ({ destination: { host: "echo", subset }, weight });
  const http = Array.from({ length: routes }, (_, n) => ({
    match: [{ uri: { prefix: `/service-${n}/` } }],
    route: [to("v1", 80), to("v2", 20)],
  }));
  await cluster.create(
    VIRTUAL_SERVICES,
    object(ISTIO, "VirtualService", "echo", { hosts: ["*"], gateways: ["gw"], http }),
  );
  for (const version of VERSIONS) await cluster.create(PODS, pod(version, upstream[version]));
  await cluster.create(ENDPOINT_SLICES, slice());
}

function object(apiVersion: string, kind: string, name: string, spec: unknown): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: "default" }, spec };
}

/** Both listen at 127.0.0.1: the annotation says at which port. */
function pod(version: string, port: number): KubeObject {
  const annotations = { "sandbox.serin.dev/dial": JSON.stringify({ "80": `127.0.0.1:${port}` }) };
  const made = object("v1", "Pod", `echo-${version}`, { containers: [{ name: "echo", image: "echo" }] });
  return { ...made, metadata: { ...made.metadata, labels: { app: "echo", version }, annotations } };
}

function slice(): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "echo-1", namespace: "default", labels: { "kubernetes.io/service-name": "echo" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
    endpoints: VERSIONS.map((version, i) => ({
      addresses: [`127.1.0.${i + 1}`],
      conditions: { ready: true },
      targetRef: { kind: "Pod", namespace: "default", name: `echo-${version}` },
    })),
  };
}
