// What `kubectl apply -f` does on the client's side: create with the whole manifest in an annotation, later send the
// difference of three states (applied before, wanted, live).
// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes

import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { type Cluster, isClusterError } from "../ports/cluster.ts";
import { resourceOf } from "./documents.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const FIELD_MANAGER = "kubectl-client-side-apply";

export interface Applied {
  what: "created" | "configured" | "unchanged";
  object: KubeObject;
}

type Json = Record<string, unknown>;

export async function applyObject(cluster: Cluster, wanted: KubeObject): Promise<Applied> {
  const resource = resourceOf(wanted);
  const { namespace, name } = wanted.metadata;
  const annotated = withAnnotation(wanted);
  try {
    const live = await cluster.get(resource, { namespace, name });
    const patch = threeWayPatch(lastApplied(live), annotated, live);
    if (patch === undefined) return { what: "unchanged", object: live };
    // kubectl merges lists by key where the server publishes how; for custom resources it sends a plain merge patch.
    const type = resource.group === "" || resource.group === "apps" ? "strategic" : "merge";
    const options = { fieldManager: FIELD_MANAGER };
    return {
      what: "configured",
      object: await cluster.patch(resource, { namespace, name }, { type, body: patch }, options),
    };
  } catch (error) {
    if (!isClusterError(error, "NotFound")) throw error;
    const options = { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" as const };
    return { what: "created", object: await cluster.create(resource, annotated, options) };
  }
}

/** The manifest that was applied last, when there is one. */
export function lastApplied(object: KubeObject): KubeObject | undefined {
  const text = object.metadata.annotations?.[LAST_APPLIED];
  return text === undefined ? undefined : (JSON.parse(text) as KubeObject);
}

function withAnnotation(wanted: KubeObject): KubeObject {
  const annotations = { ...wanted.metadata.annotations, [LAST_APPLIED]: `${JSON.stringify(wanted)}\n` };
  return { ...wanted, metadata: { ...wanted.metadata, annotations } };
}

/** Undefined when nothing is to be changed. */
export function threeWayPatch(before: unknown, wanted: KubeObject, live: KubeObject): Json | undefined {
  return difference((before ?? {}) as Json, wanted, live);
}

function difference(before: Json, wanted: Json, live: Json): Json | undefined {
  const patch: Json = {};
  for (const key of Object.keys(before)) if (!(key in wanted) && key in live) patch[key] = null;
  for (const [key, value] of Object.entries(wanted)) {
    if (isObject(value) && isObject(live[key])) {
      const inner = difference(isObject(before[key]) ? before[key] : {}, value, live[key]);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isDeepStrictEqual(value, live[key])) patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
