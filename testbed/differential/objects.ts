// Objects that every world needs, how they are created, and how one sees that they are in effect: a route of its own answers with the
// number of the last change. Objects of one kind take effect in the order in which they were written.

import { setTimeout as sleep } from "node:timers/promises";
import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import {
  apiVersionOf,
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  GATEWAYS,
  GRPC_ROUTES,
  HTTP_ROUTES,
  KUBERNETES_GATEWAYS,
  PODS,
  REFERENCE_GRANTS,
  type Resource,
  SERVICES,
  VIRTUAL_SERVICES,
} from "../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError } from "../../src/ports/cluster.ts";
import { GATEWAY } from "./case.ts";
import { WireClient } from "./wire.ts";
import { GATEWAY_PORTS } from "./world.ts";

const RESOURCES: Readonly<Record<string, Resource>> = Object.fromEntries(
  [
    ...[DESTINATION_RULES, ENDPOINT_SLICES, GATEWAYS, PODS, SERVICES, VIRTUAL_SERVICES],
    ...[GRPC_ROUTES, HTTP_ROUTES, KUBERNETES_GATEWAYS, REFERENCE_GRANTS],
  ].map((each) => [`${apiVersionOf(each)} ${each.kind}`, each]),
);

export function suiteGateway(): KubeObject {
  const servers = GATEWAY_PORTS.map((number) => ({
    port: { number, name: `http-${number}`, protocol: "HTTP" },
    // No names that somebody else may serve: the mesh may be one that is in use.
    hosts: ["*.test"],
  }));
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: GATEWAY, namespace: "default" },
    spec: { selector: { istio: "ingressgateway" }, servers },
  };
}

/** What the suite needs of an API: a world may exchange names on the way. */
export type Writer = Pick<Cluster, "create" | "patch">;

/** Services and rules first, so that no route names what is not there yet. Each in the order given. */
export async function createAll(cluster: Writer, objects: readonly KubeObject[]): Promise<void> {
  for (const object of [...objects].sort((a, b) => rank(a) - rank(b))) {
    const resource = RESOURCES[`${object.apiVersion} ${object.kind}`];
    if (resource === undefined) throw new Error(`the suite does not know ${object.kind} of ${object.apiVersion}`);
    await whenServed(() => cluster.create(resource, structuredClone(object)), object);
  }
}

const RANKS = ["Service", "Pod", "EndpointSlice", "DestinationRule", "ReferenceGrant", "Gateway"];
const ROUTES = ["VirtualService", "HTTPRoute", "GRPCRoute"];

export function isRoute({ kind }: KubeObject): boolean {
  return ROUTES.includes(kind);
}

function rank(object: KubeObject): number {
  return isRoute(object) ? RANKS.length : RANKS.indexOf(object.kind);
}

/** A definition is served a moment after it was created. */
export async function whenServed(create: () => Promise<unknown>, { kind, metadata }: KubeObject): Promise<void> {
  for (let left = 50; ; left--)
    try {
      await create();
      return;
    } catch (error) {
      if (!isClusterError(error, "NotFound") || left === 0)
        throw new Error(
          `${kind} ${metadata.name} was refused: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        );
      await sleep(100);
    }
}

const PROBE_HOST = "probe.suite.test";
/** Envoy has the routes; clusters of the same push may take this much longer to be warm. */
const GRACE_MS = 300;

/** Tells whether what was written is in effect. */
export class Probe {
  readonly #cluster: Writer;
  readonly #client: WireClient;
  #generation = 0;
  #known = false;

  constructor(cluster: Writer, address: { host: string; port: number }) {
    this.#cluster = cluster;
    this.#client = new WireClient(() => address);
  }

  /** Marks what was written before this call, and waits until the mark answers. */
  async inEffect(): Promise<void> {
    this.#generation++;
    await this.#write();
    for (let left = 300; !(await this.#answers()); left--) {
      if (left === 0) throw new Error("what was applied is not in effect after 30 s");
      await sleep(100);
    }
    await sleep(GRACE_MS);
  }

  /** True once the gateway answers by objects at all. */
  async isInEffect(): Promise<boolean> {
    if (!this.#known) await this.#write();
    return await this.#answers();
  }

  async #answers(): Promise<boolean> {
    const { status, body } = await this.#client.send({ host: PROBE_HOST }, "probe");
    return status === 200 && body === `generation ${this.#generation}`;
  }

  close(): void {
    this.#client.close();
  }

  async #write(): Promise<void> {
    const http = [{ directResponse: { status: 200, body: { string: `generation ${this.#generation}` } } }];
    const spec = { hosts: [PROBE_HOST], gateways: [`default/${GATEWAY}`], http };
    const key = { namespace: "default", name: "suite-probe" };
    const object = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: key, spec };
    if (this.#known) await this.#cluster.patch(VIRTUAL_SERVICES, key, { type: "merge", body: { spec } });
    else await createAll(this.#cluster, [object]);
    this.#known = true;
  }
}
