// The route of a simulated world: a VirtualService with the split and a neighbour that nobody may touch, its
// DestinationRule, and the hands of people and GitOps managers on it.

import type { KubeObject } from "../../src/core/kubernetes/object.ts";
import { DESTINATION_RULES, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { object } from "./workloads.ts";

export const TOTAL = 100;

interface HttpRoute {
  name?: string;
  timeout?: string;
  route: { destination: { host: string; subset?: string }; weight?: number }[];
}

export async function createRoute(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.create(DESTINATION_RULES, {
    ...object("networking.istio.io/v1", "DestinationRule", namespace, "echo"),
    spec: {
      host: "echo",
      subsets: [
        { name: "v1", labels: { version: "v1" } },
        { name: "v2", labels: { version: "v2" } },
      ],
    },
  });
  await cluster.create(
    VIRTUAL_SERVICES,
    {
      ...object("networking.istio.io/v1", "VirtualService", namespace, "echo"),
      spec: {
        hosts: ["echo.example"],
        http: [
          { name: "admin", match: [{ uri: { prefix: "/admin" } }], route: [{ destination: { host: "admin" } }] },
          {
            name: "main",
            route: [
              { destination: { host: "echo", subset: "v1" }, weight: TOTAL },
              { destination: { host: "echo", subset: "v2" }, weight: 0 },
            ],
          },
        ],
      },
    },
    { fieldManager: "kubectl-create" },
  );
}

/** Somebody writes the weights by hand (or a GitOps manager from its repository). */
export async function writeByHand(cluster: Cluster, namespace: string, canary: number, manager: string): Promise<void> {
  const { spec, metadata } = await cluster.get(VIRTUAL_SERVICES, { namespace, name: "echo" });
  const http = structuredClone((spec as { http: HttpRoute[] }).http);
  for (const destination of http[1]!.route)
    destination.weight = destination.destination.subset === "v2" ? canary : TOTAL - canary;
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { http } };
  await cluster.patch(
    VIRTUAL_SERVICES,
    { namespace, name: "echo" },
    { type: "merge", body },
    { fieldManager: manager },
  );
}

/** Somebody changes what is none of Serin's business: a time-out of the very route that carries the split. */
export async function writeTimeout(cluster: Cluster, namespace: string, timeout: string): Promise<void> {
  await cluster.patch(
    VIRTUAL_SERVICES,
    { namespace, name: "echo" },
    { type: "json", operations: [{ op: "add", path: "/spec/http/1/timeout", value: timeout }] },
    { fieldManager: "kubectl-edit" },
  );
}

/** The canary's weight as written. */
export function canaryWeight(virtualService: KubeObject): number {
  return destinationsOf(virtualService).find(({ destination }) => destination.subset === "v2")?.weight ?? 0;
}

export function weightSum(virtualService: KubeObject): number {
  return destinationsOf(virtualService).reduce((sum, { weight = 0 }) => sum + weight, 0);
}

/** Everything in the spec but the two weights, as text. */
export function untouchable({ spec }: KubeObject): string {
  const copy = structuredClone(spec) as { http: HttpRoute[] };
  for (const destination of copy.http[1]!.route) delete destination.weight;
  return JSON.stringify(copy);
}

function destinationsOf({ spec }: KubeObject): HttpRoute["route"] {
  return (spec as { http: HttpRoute[] }).http[1]?.route ?? [];
}
