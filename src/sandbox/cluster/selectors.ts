// Which objects a list or watch lets through: namespace, labels, fields.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import { matchesSelector, parseSelector } from "../../core/kubernetes/selector.ts";
import type { ListOptions } from "../../ports/cluster.ts";
import { badRequest } from "./errors.ts";
import type { KnownResource } from "./registry.ts";

export type Filter = (object: KubeObject) => boolean;

/** Throws `BadRequest` for a selector that is malformed or names a field that this resource can't be selected by. */
export function filterOf(resource: KnownResource, options: ListOptions): Filter {
  const { namespace } = options;
  const tests: Filter[] = [];
  if (resource.namespaced && namespace !== undefined && namespace !== "")
    tests.push((object) => object.metadata.namespace === namespace);
  if (options.labelSelector) tests.push(labelFilter(options.labelSelector));
  if (options.fieldSelector) tests.push(...fieldFilters(resource, options.fieldSelector));
  if (tests.length === 0) return () => true;
  if (tests.length === 1) return tests[0]!;
  return (object) => tests.every((test) => test(object));
}

function labelFilter(text: string): Filter {
  const selector = parseSelector(text);
  if (selector === undefined)
    throw badRequest(`unable to parse requirement: ${JSON.stringify(text)} is no label selector`);
  return ({ metadata }) => matchesSelector(selector, metadata.labels ?? {});
}

function fieldFilters(resource: KnownResource, text: string): Filter[] {
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const match = /^([^=!]+?)(==|!=|=)(.*)$/.exec(part.trim());
      if (match === null)
        throw badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(part)}`);
      const [, field, operator, wanted] = match as unknown as [string, string, string, string];
      if (!selectableFields(resource).includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object) => (fieldText(object, field) === wanted) === (operator !== "!=");
    });
}

const FIELDS: Record<string, string[]> = {
  Pod: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  Event: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  Secret: ["type"],
  Namespace: ["status.phase"],
  Node: ["spec.unschedulable"],
  ReplicaSet: ["status.replicas"],
  Service: ["spec.clusterIP", "spec.type"],
};

function selectableFields(resource: KnownResource): string[] {
  const own = resource.custom ? (resource.selectableFields ?? []) : (FIELDS[resource.kind] ?? []);
  return ["metadata.name", "metadata.namespace", ...own];
}

/** An absent field selects as "", as in Go. `source` of an Event is its component. */
function fieldText(object: KubeObject, field: string): string {
  const path = field === "source" ? ["source", "component"] : field.split(".");
  let at: unknown = object;
  for (const step of path)
    at = at !== null && typeof at === "object" ? (at as Record<string, unknown>)[step] : undefined;
  if (typeof at === "string") return at;
  return typeof at === "number" || typeof at === "boolean" ? String(at) : "";
}
