// Which Service a Gateway is reached by. In Istio one without addresses gets a Deployment and a Service of its own, and one with the
// host name of a Service is served by the gateway behind that (istiod 1.31, conversion.go, extractGatewayServices, and gatewaycommon's
// IsManaged). The sandbox has one gateway: it serves the first sort, and of the second those that name it.

import { INGRESS_NAME, INGRESS_NAMESPACE } from "../ingress-objects.ts";
import { serviceHost } from "../routing/names.ts";
import type { Finding, KubernetesGateway } from "./objects.ts";

export const INGRESS_HOST = serviceHost(INGRESS_NAME, INGRESS_NAMESPACE);

export interface Assignment {
  /** Host names of Services; empty when no address can be used. */
  services: string[];
  /** For Accepted. With no service at all nothing of the Gateway is looked at. */
  finding: Finding | undefined;
  isServed: boolean;
  /** For Programmed. */
  warnings: string[];
}

export function assign({ metadata, spec }: KubernetesGateway): Assignment {
  const { namespace = "default" } = metadata;
  const { addresses = [] } = spec;
  const [first] = addresses;
  if (addresses.length === 0 || (addresses.length === 1 && (first!.type ?? "IPAddress") === "IPAddress"))
    return { services: [INGRESS_HOST], finding: undefined, isServed: true, warnings: [] };
  const isName = ({ type = "Hostname" }: { type?: string }) => type === "Hostname";
  const services = addresses
    .filter(isName)
    .map(({ value = "" }) => (value.includes(".") ? value : serviceHost(value, namespace)));
  const skipped = addresses.filter((each) => !isName(each)).map(({ value }) => value);
  const finding =
    skipped.length === 0
      ? undefined
      : { reason: "UnsupportedAddress", message: `only Hostname is supported, ignoring [${skipped.join(" ")}]` };
  const isServed = services.includes(INGRESS_HOST) && namespace === INGRESS_NAMESPACE;
  return { services, finding, isServed, warnings: services.flatMap((each) => warningOf(each, namespace)) };
}

function warningOf(service: string, namespace: string): string[] {
  if (service !== INGRESS_HOST)
    return [`hostname ${JSON.stringify(service)} not found (the sandbox has one gateway: ${INGRESS_HOST})`];
  if (namespace === INGRESS_NAMESPACE) return [];
  return [
    `hostname ${JSON.stringify(service)} not found in namespace ${JSON.stringify(namespace)}, but it was found in namespace(s) "${INGRESS_NAMESPACE}"`,
  ];
}
