// GET and LIST. A list in pages is one consistent picture: later pages are taken from the state at the first page's version.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { ClusterError, type ListOptions, type ObjectList } from "../../../ports/cluster.ts";
import type { Core } from "../core.ts";
import { badRequest } from "../errors.ts";
import type { KnownResource } from "../registry.ts";
import { filterOf } from "../selectors.ts";
import type { Collection } from "../store/object-store.ts";
import { inVersion } from "./write.ts";

export function listObjects(core: Core, resource: KnownResource, options: ListOptions): ObjectList<KubeObject> {
  const passes = filterOf(resource, options);
  const collection = core.store.collection(resource.storage);
  const from = options.continue ? readToken(options.continue) : undefined;
  const version = from?.version ?? core.store.version;
  const { keys, objects } = from === undefined ? present(collection) : stateAt(collection, from.version);
  const limit = options.limit !== undefined && options.limit > 0 ? options.limit : Infinity;
  const items: KubeObject[] = [];
  let index = from === undefined ? 0 : firstAfter(keys, from.after);
  for (; index < keys.length && items.length < limit; index++) {
    const object = objects.get(keys[index]!)!;
    if (passes(object)) items.push(inVersion(resource, object));
  }
  const list: ObjectList<KubeObject> = { items, resourceVersion: String(version) };
  if (items.length < limit) return list;
  const rest = keys.slice(index).filter((key) => passes(objects.get(key)!)).length;
  if (rest === 0) return list;
  list.continue = writeToken({ version, after: keys[index - 1]! });
  // A real server doesn't count when it filters.
  if (!options.labelSelector && !options.fieldSelector) list.remainingItemCount = rest;
  return list;
}

interface State {
  keys: readonly string[];
  objects: ReadonlyMap<string, KubeObject>;
}

function present(collection: Collection): State {
  return { keys: collection.sortedKeys(), objects: collection.objects };
}

/** The collection as it was at a version: today's state with the newer changes undone. */
function stateAt(collection: Collection, version: number): State {
  const newer = collection.history.newestFirstAfter(version);
  if (newer === undefined)
    throw new ClusterError(
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  if (newer.length === 0) return present(collection);
  const objects = new Map(collection.objects);
  for (const { key, before } of newer)
    if (before === undefined) objects.delete(key);
    else objects.set(key, before);
  return { keys: [...objects.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), objects };
}

function firstAfter(keys: readonly string[], after: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Token {
  version: number;
  after: string;
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify({ v: "serin/v1", rv: token.version, start: token.after })).toString("base64url");
}

function readToken(text: string): Token {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(text, "base64url").toString()) as Record<string, unknown>;
    if (v === "serin/v1" && typeof rv === "number" && typeof start === "string") return { version: rv, after: start };
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest("continue key is not valid: use the value of metadata.continue of the page before, unchanged");
}
