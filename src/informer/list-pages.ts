// A whole list in pages, so that neither side ever holds all of it as text. Each page is reduced to what the caller keeps
// before the next one is asked for.

import type { KubeObject } from "../core/kubernetes/object.ts";
import type { Resource } from "../core/kubernetes/resource.ts";
import { type Cluster, isClusterError, type ListOptions } from "../ports/cluster.ts";

/** client-go's choice too. */
const PAGE_SIZE = 500;

interface Whole<T> {
  items: T[];
  resourceVersion: string;
}

/** When the state at the first page is forgotten before the last one is read, everything is asked for at once. */
export async function listPages<T>(
  cluster: Cluster,
  resource: Resource,
  options: Pick<ListOptions, "namespace" | "labelSelector">,
  keep: (object: KubeObject) => T,
): Promise<Whole<T>> {
  try {
    return await pages(cluster, resource, { ...options, limit: PAGE_SIZE }, keep);
  } catch (error) {
    if (!isClusterError(error, "Expired")) throw error;
    return pages(cluster, resource, options, keep);
  }
}

async function pages<T>(
  cluster: Cluster,
  resource: Resource,
  options: ListOptions,
  keep: (object: KubeObject) => T,
): Promise<Whole<T>> {
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await cluster.list(resource, next === undefined ? options : { ...options, continue: next });
    for (const item of page.items) items.push(keep(item));
    next = page.continue;
    if (next === undefined) return { items, resourceVersion: page.resourceVersion };
  }
}
