// istiod's order of configuration objects: oldest first, then by name and namespace.

import type { KubeObject } from "../../core/kubernetes/object.ts";

export function inOrder<T extends KubeObject>(objects: readonly T[]): T[] {
  return objects
    .map((object) => ({ object, key: keyOf(object) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ object }) => object);
}

function keyOf({ metadata: { creationTimestamp = "", name, namespace = "" } }: KubeObject): string {
  return `${creationTimestamp}\0${name}\0${namespace}`;
}
