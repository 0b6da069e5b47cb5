// Clears the stage: the story begins again where an earlier run left its objects. Only objects that are the story's own
// are deleted; a namesake of another origin stops it before anything changed.

import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { CANARY_ACTIONS, PODS } from "../core/kubernetes/resource.ts";
import type { CanaryAction } from "../core/spec/action.ts";
import type { Cluster } from "../ports/cluster.ts";
import { CANARY_NAME, NAMESPACE } from "./acts.ts";
import { lastApplied } from "./apply.ts";
import { displayName, resourceOf } from "./documents.ts";
import { find, StoryFailure, until, type Waiting } from "./wait.ts";

/** Uids of the objects that the story made, kept beside the sandbox's state. */
export class StoryRecord {
  readonly #file: string;
  readonly #uids: Set<string>;

  constructor(file: string) {
    this.#file = file;
    this.#uids = new Set(readUids(file));
  }

  has(object: KubeObject): boolean {
    return object.metadata.uid !== undefined && this.#uids.has(object.metadata.uid);
  }

  add(object: KubeObject): void {
    if (object.metadata.uid === undefined || this.has(object)) return;
    this.#uids.add(object.metadata.uid);
    writeFileSync(this.#file, JSON.stringify([...this.#uids]));
  }
}

/** Deletes what an earlier run left and waits until it is gone. Returns the names of what was deleted. */
export async function clearStage(
  cluster: Cluster,
  documents: KubeObject[],
  record: StoryRecord,
  waiting: Waiting & { beforeDeleting: () => Promise<void> },
): Promise<string[]> {
  const left = await leftovers(cluster, documents);
  if (left.length === 0) return [];
  for (const object of left) if (!isOwn(object, documents, record)) throw new StoryFailure(foreignMessage(object));
  await waiting.beforeDeleting();
  // The Canary first: it must not see its route vanish.
  const order = left.toSorted((a, b) => Number(b.kind === "Canary") - Number(a.kind === "Canary"));
  for (const object of order) {
    const { namespace, name } = object.metadata;
    await cluster.delete(resourceOf(object), { namespace, name }, { propagationPolicy: "Background" });
    await untilGone(cluster, object, waiting);
  }
  await deleteActions(cluster);
  await untilPodsGone(cluster, documents, waiting);
  return order.map(displayName);
}

async function leftovers(cluster: Cluster, documents: KubeObject[]): Promise<KubeObject[]> {
  const keys = new Map(documents.map((document) => [displayName(document), document]));
  const found = await Promise.all(
    [...keys.values()].map((each) =>
      find(cluster, resourceOf(each), { namespace: each.metadata.namespace, name: each.metadata.name }),
    ),
  );
  return found.filter((object) => object !== undefined);
}

/** Made by the story, or applied by hand from its very file. */
function isOwn(object: KubeObject, documents: KubeObject[], record: StoryRecord): boolean {
  if (record.has(object)) return true;
  const applied = lastApplied(object);
  const same = documents.filter((each) => displayName(each) === displayName(object));
  return applied !== undefined && same.some((each) => isDeepStrictEqual(each.spec, applied.spec));
}

function foreignMessage(object: KubeObject): string {
  return (
    `${displayName(object)} in namespace ${object.metadata.namespace} is not the story's own, so it was left alone and nothing was changed. ` +
    "Delete it, or play the story elsewhere: `npm start -- --home DIR`."
  );
}

async function untilGone(cluster: Cluster, object: KubeObject, waiting: Waiting): Promise<void> {
  const { namespace, name, uid } = object.metadata;
  const what = `${displayName(object)} to be deleted`;
  await until(waiting, { what, everyMs: 25, timeoutMs: 30_000 }, async () => {
    const now = await find(cluster, resourceOf(object), { namespace, name });
    return now === undefined || now.metadata.uid !== uid ? true : undefined;
  });
}

async function deleteActions(cluster: Cluster): Promise<void> {
  const { items } = await cluster.list<CanaryAction>(CANARY_ACTIONS, { namespace: NAMESPACE });
  for (const { spec, metadata } of items)
    if (spec.canaryRef.name === CANARY_NAME)
      await cluster.delete(CANARY_ACTIONS, { namespace: NAMESPACE, name: metadata.name });
}

/** Pods of the deleted Deployments drain; a new run with the same names must not meet them. */
async function untilPodsGone(cluster: Cluster, documents: KubeObject[], waiting: Waiting): Promise<void> {
  // NAME-TEMPLATEHASH-SUFFIX: pods of a Deployment whose name merely begins alike are not waited for.
  const names = documents
    .filter((each) => each.kind === "Deployment")
    .map((each) => new RegExp(`^${each.metadata.name}-[a-z0-9]+-[a-z0-9]{5}$`));
  const what = "the pods of the earlier run to end";
  await until(waiting, { what, everyMs: 50, timeoutMs: 60_000 }, async () => {
    const { items } = await cluster.list(PODS, { namespace: NAMESPACE });
    return items.some((pod) => names.some((name) => name.test(pod.metadata.name))) ? undefined : true;
  });
}

function readUids(file: string): string[] {
  try {
    const uids: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(uids) ? uids.filter((uid) => typeof uid === "string") : [];
  } catch {
    return [];
  }
}
