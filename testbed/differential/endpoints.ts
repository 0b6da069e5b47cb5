// The backends that all cases share: endpoints with labels, and the Services that select them. Each world announces them in its own
// way (a sandbox by Pods and EndpointSlices, a mesh without kubelet by WorkloadEntries); the Services are the same objects.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";

export interface TestEndpoint {
  name: string;
  /** A loopback address of its own, so that one port serves all. */
  address: string;
  labels: Readonly<Record<string, string>>;
  /** False: nobody listens there, connections are refused. */
  listens: boolean;
  /** Connections are neither taken nor refused. */
  deaf?: true;
}

export const ENDPOINTS: readonly TestEndpoint[] = [
  { name: "v1-a", address: "127.0.0.121", labels: { app: "echo", version: "v1", mixed: "yes" }, listens: true },
  { name: "v1-b", address: "127.0.0.122", labels: { app: "echo", version: "v1" }, listens: true },
  { name: "v2-a", address: "127.0.0.123", labels: { app: "echo", version: "v2", alone: "yes" }, listens: true },
  { name: "dead-a", address: "127.0.0.124", labels: { app: "dead", mixed: "yes" }, listens: false },
  { name: "deaf-a", address: "127.0.0.125", labels: { app: "deaf" }, listens: false, deaf: true },
];

/** Ports that every listening endpoint serves: the second one belongs to Service `multi`. */
export interface EndpointPorts {
  main: number;
  second: number;
}

export function sharedServices(ports: EndpointPorts): KubeObject[] {
  const main = [{ name: "http", port: 80, targetPort: ports.main }];
  return [
    service("echo", { app: "echo" }, main),
    // For routes that know no subsets.
    service("echo-v1", { app: "echo", version: "v1" }, main),
    service("echo-v2", { app: "echo", version: "v2" }, main),
    service("alone", { alone: "yes" }, main),
    service("dead", { app: "dead" }, main),
    service("deaf", { app: "deaf" }, main),
    service("mixed", { mixed: "yes" }, main),
    service("empty", { app: "nobody" }, main),
    service("multi", { alone: "yes" }, [...main, { name: "http-second", port: 8000, targetPort: ports.second }]),
    service("oddport", { alone: "yes" }, [{ name: "http", port: 9090, targetPort: ports.main }]),
    service("twoports", { alone: "yes" }, [
      { name: "http", port: 81, targetPort: ports.main },
      { name: "http-second", port: 82, targetPort: ports.second },
    ]),
    destinationRule("echo"),
  ];
}

/** Subsets v1 and v2 by the label version. */
export function destinationRule(service: string, extra: Record<string, unknown> = {}): KubeObject {
  const subsets = ["v1", "v2"].map((version) => ({ name: version, labels: { version } }));
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: service, namespace: "default" },
    spec: { host: `${service}.default.svc.cluster.local`, subsets, ...extra },
  };
}

export interface ServicePort {
  name: string;
  port: number;
  targetPort: number;
  appProtocol?: string;
}

export function service(
  name: string,
  selector: Readonly<Record<string, string>>,
  ports: readonly ServicePort[],
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector, ports: ports.map((port) => ({ ...port, protocol: "TCP" })) },
  };
}

export function selected(
  endpoints: readonly TestEndpoint[],
  selector: Readonly<Record<string, string>>,
): TestEndpoint[] {
  return endpoints.filter(({ labels }) => Object.entries(selector).every(([key, value]) => labels[key] === value));
}
