// WATCH: first what is there (when asked), then every change, in order, as the selectors see it: an object that stops matching is DELETED.

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { apiVersionOf } from "../../../core/kubernetes/resource.ts";
import type { WatchEvent, WatchOptions } from "../../../ports/cluster.ts";
import type { Core } from "../core.ts";
import { badRequest, expired } from "../errors.ts";
import type { KnownResource } from "../registry.ts";
import { type Filter, filterOf } from "../selectors.ts";
import type { History, HistoryEvent } from "../store/history.ts";
import { listObjects } from "./read.ts";
import { inVersion } from "./write.ts";

type Event = WatchEvent<KubeObject>;

/** A real server sends a bookmark about once a minute. */
const BOOKMARK_EVERY_MS = 60_000;

export async function* watchObjects(core: Core, resource: KnownResource, options: WatchOptions): AsyncGenerator<Event> {
  const passes = filterOf(resource, options);
  const { history } = core.store.collection(resource.storage);
  const start = startVersion(options);
  const version = start ?? core.store.version;
  // Taken before the first event is handed out, so that nothing is missed while the caller is slow.
  const cursor = history.cursorAfter(version);
  if (cursor === undefined || version > core.store.version) throw expired(version, history.floor);
  if (start === undefined || options.sendInitialEvents === true) {
    const now = core.store.version;
    const initial = listObjects(core, resource, options).items;
    const next = history.cursorAfter(now)!;
    for (const object of initial) yield { type: "ADDED", object };
    if (options.sendInitialEvents === true && options.allowBookmarks === true)
      yield bookmark(resource, now, { "k8s.io/initial-events-end": "true" });
    yield* followChanges({ core, resource, options, passes }, next);
  } else yield* followChanges({ core, resource, options, passes }, cursor);
}

interface Watch {
  core: Core;
  resource: KnownResource;
  options: WatchOptions;
  passes: Filter;
}

async function* followChanges({ core, resource, options, passes }: Watch, from: number): AsyncGenerator<Event> {
  const { history } = core.store.collection(resource.storage);
  const isOver = () => options.signal?.aborted === true;
  let cursor = from;
  while (!isOver()) {
    const event = history.at(cursor);
    if (event === "lost") throw expired("of this watch, which fell behind,", history.floor);
    if (event !== undefined) {
      cursor += 1;
      const seen = asSeen(resource, event, passes);
      if (seen !== undefined) yield seen;
      continue;
    }
    const woken = await nextChange(core, history, options.signal, options.allowBookmarks === true);
    if (woken === "bookmark" && history.at(cursor) === undefined) yield bookmark(resource, core.store.version);
  }
}

function startVersion({ resourceVersion }: WatchOptions): number | undefined {
  if (resourceVersion === undefined || resourceVersion === "" || resourceVersion === "0") return undefined;
  if (!/^\d+$/.test(resourceVersion))
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: must be a number given out by this server`,
    );
  return Number(resourceVersion);
}

/** How a change looks through a filter. */
function asSeen(resource: KnownResource, { type, object, before }: HistoryEvent, passes: Filter): Event | undefined {
  const after = inVersion(resource, object);
  if (type === "DELETED") return before !== undefined && passes(before) ? { type, object: after } : undefined;
  const [did, does] = [before !== undefined && passes(before), passes(object)];
  if (does) return { type: did ? "MODIFIED" : "ADDED", object: after };
  return did ? { type: "DELETED", object: after } : undefined;
}

function bookmark(resource: KnownResource, version: number, annotations?: Record<string, string>): Event {
  return {
    type: "BOOKMARK",
    object: {
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: { resourceVersion: String(version), ...(annotations !== undefined && { annotations }) },
    },
  };
}

/** Resolves at the next change, when a bookmark is due, or when the watch ends. */
function nextChange(
  core: Core,
  history: History,
  signal: AbortSignal | undefined,
  bookmarks: boolean,
): Promise<"change" | "bookmark"> {
  return new Promise((resolve) => {
    const cancelTimer = bookmarks ? core.clock.after(BOOKMARK_EVERY_MS, () => finish("bookmark")) : () => {};
    const unsubscribe = history.onAppend(() => finish("change"));
    const aborted = () => finish("change");
    signal?.addEventListener("abort", aborted);
    function finish(result: "change" | "bookmark"): void {
      cancelTimer();
      unsubscribe();
      signal?.removeEventListener("abort", aborted);
      resolve(result);
    }
    if (signal?.aborted === true) finish("change");
  });
}
