// Rows of Services, EndpointSlices, Endpoints and Ingresses.

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

export const INGRESSES: TableKind = {
  columns: [NAME, column("Class"), column("Hosts"), column("Address"), column("Ports"), AGE],
  cells: (ingress, nowMs) => [
    ingress.metadata.name,
    orNone(text(ingress, "spec", "ingressClassName")),
    firstThree(
      items(ingress, "spec", "rules")
        .map((rule) => text(rule, "host"))
        .filter((host) => host !== ""),
    ) || "*",
    addressesOf(ingress),
    items(ingress, "spec", "tls").length > 0 ? "80, 443" : "80",
    ageCell(ingress, nowMs),
  ],
};

export const INGRESS_CLASSES: TableKind = {
  columns: [NAME, column("Controller"), column("Parameters"), AGE],
  cells: (ingressClass, nowMs) => [
    ingressClass.metadata.name,
    text(ingressClass, "spec", "controller"),
    orNone(parametersText(at(ingressClass, "spec", "parameters"))),
    ageCell(ingressClass, nowMs),
  ],
};

function addressesOf(ingress: KubeObject): string {
  const given = items(ingress, "status", "loadBalancer", "ingress");
  const addresses = given.map((each) => text(each, "ip") || text(each, "hostname"));
  return [...new Set(addresses)].sort().join(",");
}

function parametersText(parameters: unknown): string {
  if (parameters === undefined) return "";
  const group = text(parameters, "apiGroup");
  return `${text(parameters, "kind")}${group === "" ? "" : `.${group}`}/${text(parameters, "name")}`;
}

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
