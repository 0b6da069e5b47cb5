// Rows of Services, EndpointSlices and Endpoints.

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import { AGE, ageCell, at, column, items, NAME, orNone, type TableKind, text, texts, wide } from "./table-kind.ts";

export const SERVICES: TableKind = {
  columns: [
    NAME,
    column("Type"),
    column("Cluster-IP"),
    column("External-IP"),
    column("Port(s)"),
    AGE,
    wide("Selector"),
  ],
  cells: (service, nowMs) => [
    service.metadata.name,
    text(service, "spec", "type") || "ClusterIP",
    orNone(text(service, "spec", "clusterIP")),
    externalAddress(service),
    orNone(items(service, "spec", "ports").map(portText).join(",")),
    ageCell(service, nowMs),
    labelsText(at(service, "spec", "selector")),
  ],
};

export const ENDPOINT_SLICES: TableKind = {
  columns: [NAME, column("AddressType"), column("Ports"), column("Endpoints"), AGE],
  cells: (slice, nowMs) => [
    slice.metadata.name,
    text(slice, "addressType"),
    firstThree(items(slice, "ports").map((port) => text(port, "port") || "*")) || "<unset>",
    firstThree(items(slice, "endpoints").flatMap((endpoint) => texts(endpoint, "addresses"))) || "<unset>",
    ageCell(slice, nowMs),
  ],
};

export const ENDPOINTS: TableKind = {
  columns: [NAME, column("Endpoints"), AGE],
  cells: (endpoints, nowMs) => [
    endpoints.metadata.name,
    orNone(firstThree(items(endpoints, "subsets").flatMap(socketTexts))),
    ageCell(endpoints, nowMs),
  ],
};

function externalAddress(service: KubeObject): string {
  const external = texts(service, "spec", "externalIPs");
  switch (text(service, "spec", "type")) {
    case "ExternalName":
      return orNone(text(service, "spec", "externalName"));
    case "LoadBalancer": {
      const given = items(service, "status", "loadBalancer", "ingress").map(
        (each) => text(each, "ip") || text(each, "hostname"),
      );
      return [...given, ...external].join(",") || "<pending>";
    }
    default:
      return orNone(external.join(","));
  }
}

function portText(port: Record<string, unknown>): string {
  const nodePort = text(port, "nodePort");
  const shown = nodePort === "" || nodePort === "0" ? text(port, "port") : `${text(port, "port")}:${nodePort}`;
  return `${shown}/${text(port, "protocol") || "TCP"}`;
}

function socketTexts(subset: Record<string, unknown>): string[] {
  const addresses = items(subset, "addresses").map((each) => text(each, "ip"));
  const ports = items(subset, "ports").map((each) => text(each, "port"));
  if (ports.length === 0) return addresses;
  return ports.flatMap((port) => addresses.map((address) => `${address}:${port}`));
}

function firstThree(all: string[]): string {
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

export function labelsText(labels: unknown): string {
  const pairs = Object.entries((labels ?? {}) as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1));
  return orNone(pairs.map(([key, value]) => `${key}=${value}`).join(","));
}
