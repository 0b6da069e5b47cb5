// Whose traffic comes to the ingress gateway already: the suite's hosts end in .test, and routes that take such names would answer for it.

import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { GATEWAYS, VIRTUAL_SERVICES } from "../../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../../src/ports/cluster.ts";
import { type IngressPod, selects } from "./ingress.ts";
import { OWN_NAMESPACES } from "./own-names.ts";

interface GatewayObject extends KubeObject {
  spec: { selector?: Record<string, string>; servers?: { port?: { number?: number }; hosts?: string[] }[] };
}
interface VirtualServiceObject extends KubeObject {
  spec: { hosts?: string[]; gateways?: string[] };
}

/** Throws when routes that are not the suite's would answer its requests: what is compared would not be what the cases say. */
export async function refuseSharedHosts(
  cluster: Cluster,
  { labels }: IngressPod,
  ports: readonly number[],
): Promise<void> {
  const theirs = <T extends KubeObject>({ items }: { items: T[] }) =>
    items.filter(({ metadata }) => !OWN_NAMESPACES.includes(metadata.namespace ?? ""));
  const gateways = theirs(await listed<GatewayObject>(cluster, GATEWAYS));
  const routes = theirs(await listed<VirtualServiceObject>(cluster, VIRTUAL_SERVICES));
  const found = takers({ gateways, routes, labels, ports });
  if (found.length === 0) return;
  throw new Error(
    `${found.join(", ")} of this cluster would answer requests of the suite, whose hosts end in .test: take them away meanwhile, or run with --shared-ingress, which may show differences that are none`,
  );
}

async function listed<T extends KubeObject>(cluster: Cluster, resource: typeof GATEWAYS): Promise<{ items: T[] }> {
  try {
    return await cluster.list<T>(resource);
  } catch (error) {
    if (!isClusterError(error, "NotFound")) throw error;
    throw new Error("the cluster has no Istio: it does not know networking.istio.io/v1", { cause: error });
  }
}

export interface Claims {
  gateways: readonly GatewayObject[];
  routes: readonly VirtualServiceObject[];
  labels: Readonly<Record<string, string>>;
  ports: readonly number[];
}

/** VirtualServices, as NAMESPACE/NAME, that take names under .test on one of the ports. */
export function takers({ gateways, routes, labels, ports }: Claims): string[] {
  const open = gateways.filter(
    ({ spec }) =>
      (spec.selector === undefined || Object.keys(spec.selector).length === 0 || selects(spec.selector, labels)) &&
      (spec.servers ?? []).some(
        ({ port, hosts = [] }) =>
          ports.includes(port?.number ?? 0) && hosts.some((each) => isTest(each.split("/").at(-1)!)),
      ),
  );
  const names = new Set(open.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return routes
    .filter(({ metadata, spec }) => {
      const full = (spec.gateways ?? []).map((each) => (each.includes("/") ? each : `${metadata.namespace}/${each}`));
      return full.some((each) => names.has(each)) && (spec.hosts ?? []).some(isTest);
    })
    .map(({ metadata }) => `VirtualService ${metadata.namespace}/${metadata.name}`);
}

function isTest(host: string): boolean {
  return host === "*" || host.endsWith(".test");
}
