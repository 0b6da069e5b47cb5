// The objects that are linted together, and how rules find one from another.

import type { KubeObject } from "../kubernetes/object.ts";
import type { Deployment, Service } from "../kubernetes/workload.ts";
import type { CanaryAction } from "../spec/action.ts";
import type { Canary } from "../spec/canary.ts";
import type { DestinationRule, VirtualService } from "../traffic/virtual-service.ts";
import type { Severity } from "./finding.ts";

export interface ObjectSet {
  /** For objects that name none. */
  namespace: string;
  /**
   * True when the set is all there is, such as a whole namespace of a cluster: then what is missing is an error. Files alone
   * are part of something, so there it is a warning.
   */
  complete: boolean;
  entries: Entry[];
}

export interface Entry {
  /** Index in the list that was given. */
  index: number;
  object: KubeObject;
  namespace: string;
}

interface Kinds {
  Canary: Canary;
  CanaryAction: CanaryAction;
  Deployment: Deployment;
  Service: Service;
  VirtualService: VirtualService;
  DestinationRule: DestinationRule;
  Gateway: KubeObject;
  ServiceEntry: KubeObject;
}

const GROUPS: Record<keyof Kinds, string> = {
  Canary: "serin.dev",
  CanaryAction: "serin.dev",
  Deployment: "apps",
  Service: "",
  VirtualService: "networking.istio.io",
  DestinationRule: "networking.istio.io",
  Gateway: "networking.istio.io",
  ServiceEntry: "networking.istio.io",
};

export function objectSet(objects: readonly KubeObject[], namespace: string, complete: boolean): ObjectSet {
  const entries = objects.map((object, index) => ({
    index,
    object,
    namespace: object.metadata.namespace ?? namespace,
  }));
  return { namespace, complete, entries };
}

/** The last object of each name, as if all were applied in their order. Specs that are no object are left out: the schema tells. */
export function objectsOf<K extends keyof Kinds>(set: ObjectSet, kind: K, namespace?: string): Kinds[K][] {
  const byName = new Map<string, Kinds[K]>();
  for (const entry of set.entries)
    if (isOfKind(entry.object, kind) && (namespace === undefined || entry.namespace === namespace))
      byName.set(`${entry.namespace}/${entry.object.metadata.name}`, entry.object);
  return [...byName.values()];
}

export function isOfKind<K extends keyof Kinds>(object: KubeObject, kind: K): object is Kinds[K] & KubeObject {
  if (object.kind !== kind || groupOf(object) !== GROUPS[kind]) return false;
  return typeof object["spec"] === "object" && object["spec"] !== null;
}

export function groupOf({ apiVersion }: KubeObject): string {
  return apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
}

export function severityOfMissing({ complete }: ObjectSet): Severity {
  return complete ? "error" : "warning";
}

/** "in these files" or "in the cluster": where something is missing. */
export function whereOf({ complete }: ObjectSet): string {
  return complete ? "in the cluster" : "in these files";
}

export function subjectOf({ object, namespace }: Entry): string {
  return `${object.kind} ${object.metadata.name}.${namespace}`;
}
