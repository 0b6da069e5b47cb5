// Keeps the registry in step with CustomResourceDefinitions, and clears away the objects of one that is deleted.

import type { Core } from "../core.ts";
import type { Commit } from "../store/object-store.ts";
import { deleteObject } from "../verbs/delete.ts";
import type { Definition } from "./definition-object.ts";
import { resourcesOf, storageOf } from "./resources.ts";

export const DEFINITION_STORAGE = "apiextensions.k8s.io/customresourcedefinitions";
const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

/** Registers what is stored, then follows every commit. */
export function followDefinitions(core: Core): void {
  for (const object of core.store.collection(DEFINITION_STORAGE).objects.values()) register(core, object as Definition);
  core.store.onCommit((commit) => follow(core, commit));
}

function follow(core: Core, { storage, key, before, after }: Commit): void {
  if (storage === DEFINITION_STORAGE) {
    if (after === undefined) core.registry.removeStorage(storageOf(before as Definition));
    else if (before?.["spec"] !== after["spec"]) register(core, after as Definition);
    if (after?.metadata.deletionTimestamp !== undefined) core.defer(() => clearAway(core, key));
    return;
  }
  if (after === undefined && storage.includes("/")) core.defer(() => releaseDefinitionOf(core, storage));
}

function register(core: Core, definition: Definition): void {
  core.registry.removeStorage(storageOf(definition));
  for (const resource of resourcesOf(definition)) core.registry.add(resource);
}

function clearAway(core: Core, key: string): void {
  const definition = core.store.get(DEFINITION_STORAGE, key) as Definition | undefined;
  if (definition?.metadata.deletionTimestamp === undefined) return;
  const storage = storageOf(definition);
  const resource = core.registry.ofStorage(storage);
  for (const object of core.store.collection(storage).objects.values())
    if (resource !== undefined && object.metadata.deletionTimestamp === undefined)
      deleteObject(core, resource, object.metadata, { propagationPolicy: "Background" });
  releaseDefinitionOf(core, storage);
}

/** A definition that is being deleted goes with its last object. */
function releaseDefinitionOf(core: Core, storage: string): void {
  const [group, plural] = storage.split("/") as [string, string];
  const key = `/${plural}.${group}`;
  const definition = core.store.get(DEFINITION_STORAGE, key);
  if (definition?.metadata.deletionTimestamp === undefined || core.store.collection(storage).objects.size > 0) return;
  const others = (definition.metadata.finalizers ?? []).filter((each) => each !== CLEANUP);
  if (others.length === 0) core.store.commit(DEFINITION_STORAGE, key, undefined);
}
