// Writes to somebody's cluster: names are exchanged, and what would fall into a namespace that is not the suite's is marked, so that it is
// found again, or refused.

import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import type { Writer } from "../objects.ts";
import { type IngressLabels, OWN_NAMESPACES, ownLabels, SYSTEM, withOwnNames } from "./own-names.ts";

export function ownWriter(cluster: Cluster, ingress: IngressLabels, run: string): Writer {
  return {
    create: (resource, object, options) =>
      cluster.create(resource, guarded(withOwnNames(object, ingress), run), options),
    patch: (resource, key, patch, options) =>
      cluster.patch(resource, withOwnNames(key, ingress), withOwnNames(patch, ingress), options),
  };
}

function guarded<T extends KubeObject>(object: T, run: string): T {
  const { kind, metadata } = object;
  const { name, namespace = "" } = metadata;
  if (OWN_NAMESPACES.includes(namespace)) return object;
  if (namespace !== SYSTEM)
    throw new Error(`${kind} ${name} would go to namespace ${JSON.stringify(namespace)}, which is not the suite's`);
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...ownLabels(run) } } };
}
