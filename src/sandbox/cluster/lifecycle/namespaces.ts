// Namespaces: those that are always there, and the emptying of one that is deleted.

import { NAMESPACES } from "../../../core/kubernetes/resource.ts";
import type { Core } from "../core.ts";
import { sameJson } from "../json.ts";
import type { Commit } from "../store/object-store.ts";
import { storeKey } from "../store/object-store.ts";
import { createObject } from "../verbs/create.ts";
import { deleteObject } from "../verbs/delete.ts";
import { finishIfReleased } from "./finish.ts";

const INITIAL = ["default", "kube-node-lease", "kube-public", "kube-system", "istio-system"];

export function createInitialNamespaces(core: Core): void {
  const resource = core.registry.get(NAMESPACES);
  for (const name of INITIAL)
    if (core.store.get("namespaces", storeKey({ name })) === undefined)
      createObject(
        { core, resource, user: { name: "kube-apiserver" }, options: {} },
        { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      );
}

/** Call once; follows every commit. */
export function emptyDeletedNamespaces(core: Core): void {
  core.store.onCommit((commit) => follow(core, commit));
  for (const namespace of core.store.collection("namespaces").objects.values())
    if (namespace.metadata.deletionTimestamp !== undefined)
      core.defer(() => emptyNamespace(core, namespace.metadata.name));
}

function follow(core: Core, { storage, before, after }: Commit): void {
  const started = storage === "namespaces" && after?.metadata.deletionTimestamp !== undefined;
  if (started) core.defer(() => emptyNamespace(core, after.metadata.name));
  const { namespace } = before?.metadata ?? {};
  if (after === undefined && namespace !== undefined && isTerminating(core, namespace))
    core.defer(() => releaseNamespace(core, namespace));
}

function isTerminating(core: Core, name: string): boolean {
  return core.store.get("namespaces", storeKey({ name }))?.metadata.deletionTimestamp !== undefined;
}

function emptyNamespace(core: Core, name: string): void {
  if (!isTerminating(core, name)) return;
  for (const [storage, key] of contentOf(core, name)) {
    const resource = core.registry.ofStorage(storage);
    const object = core.store.get(storage, key);
    if (resource !== undefined && object !== undefined && object.metadata.deletionTimestamp === undefined)
      deleteObject(core, resource, object.metadata, { propagationPolicy: "Background" });
  }
  releaseNamespace(core, name);
}

function contentOf(core: Core, name: string): [storage: string, key: string][] {
  return [...core.store.collections()].flatMap(([storage, { objects }]) =>
    [...objects.keys()].filter((key) => key.startsWith(`${name}/`)).map((key): [string, string] => [storage, key]),
  );
}

/** An empty one loses its finalizer and goes. */
function releaseNamespace(core: Core, name: string): void {
  if (!isTerminating(core, name) || contentOf(core, name).length > 0) return;
  const key = storeKey({ name });
  const namespace = core.store.get("namespaces", key)!;
  const released = { ...namespace, spec: {} };
  // Finalizers in its metadata are others' and go on holding it.
  if (finishIfReleased(core, core.registry.get(NAMESPACES), released)) return;
  if (!sameJson(namespace["spec"], {})) core.store.commit("namespaces", key, released);
}
