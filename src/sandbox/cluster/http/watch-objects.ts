// GET with watch=1: one JSON object a line for every change, until the client goes, the time is up or the server closes.
// The cluster's watch keeps a cursor, not a queue: while a slow client has no room nothing is read for it and nothing piles up;
// if it falls behind the kept changes it gets 410 and lists again. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes

import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { isClusterError, type WatchEvent } from "../../../ports/cluster.ts";
import type { ApiCall } from "./api-call.ts";
import { type WatchQuery, watchQuery } from "./query.ts";
import { checkNotTooLarge, includeObject } from "./read-objects.ts";
import type { StreamOut, StreamReply } from "./reply.ts";
import { notAcceptable, statusOf } from "./status.ts";
import { partialMetadata, renderTable } from "./table/render-table.ts";

/** Clients renew a watch that ends; this bounds those that ask for no end. */
const DEFAULT_TIMEOUT_SECONDS = 1_800;

type AnyEvent = WatchEvent<KubeObject>;

/** Throws what is wrong with the request itself; later troubles go into the stream as an ERROR event. */
export async function watchObjects(call: ApiCall): Promise<StreamReply> {
  if (call.wanted.format !== "json") throw notAcceptable();
  const options = watchQuery(call.query, call.path.namespace);
  const include = includeObject(call.query);
  const ended = new AbortController();
  const events = startWatch(call, options, await startVersion(call, options), ended.signal);
  // A refusal comes at once, an event when something happens: only the first must be waited for before answering.
  const first = events.next();
  const refused = await Promise.race([first.then(() => undefined, asRefusal), nextTurn()]);
  if (refused !== undefined) throw refused.error;
  const frame = frameWriter(call, include);
  return {
    kind: "stream",
    contentType: "application/json",
    write: (out) => pump({ call, options, ended, events, first, frame }, out),
  };
}

interface Pump {
  call: ApiCall;
  options: WatchQuery;
  ended: AbortController;
  events: AsyncIterator<AnyEvent>;
  first: Promise<IteratorResult<AnyEvent>>;
  frame: (event: AnyEvent) => string;
}

async function pump({ call, options, ended, events, first, frame }: Pump, out: StreamOut): Promise<void> {
  const end = () => ended.abort();
  const cancelTimeout = call.clock.after((options.timeoutSeconds || DEFAULT_TIMEOUT_SECONDS) * 1_000, end);
  out.signal.addEventListener("abort", end, { once: true });
  if (out.signal.aborted) end();
  try {
    for (let next = await first; next.done !== true; next = await events.next())
      if (ended.signal.aborted || !(await out.send(frame(next.value)))) break;
  } catch (error) {
    if (!ended.signal.aborted) await out.send(line("ERROR", statusOf(error, call.path)));
  } finally {
    cancelTimeout();
    out.signal.removeEventListener("abort", end);
    end();
    await events.return?.();
  }
}

/** Absent: begin with what exists. Version 0 means "anything will do", and sends that too. */
async function startVersion({ cluster, resource }: ApiCall, options: WatchQuery): Promise<string | undefined> {
  const asked = options.resourceVersion === "0" ? undefined : options.resourceVersion;
  if (asked === undefined && options.sendInitialEvents !== false) return undefined;
  const { resourceVersion: current } = await cluster.list(resource, { limit: 1 });
  // A version of another life of the sandbox: the client must list again.
  checkNotTooLarge(asked, current);
  return asked ?? current;
}

function startWatch(
  call: ApiCall,
  options: WatchQuery,
  resourceVersion: string | undefined,
  signal: AbortSignal,
): AsyncIterator<AnyEvent> {
  const { cluster, resource, path } = call;
  const { namespace, labelSelector, allowBookmarks, sendInitialEvents } = options;
  // Watching one object by its path is the older spelling of a field selector.
  const fieldSelector = path.name === undefined ? options.fieldSelector : `metadata.name=${path.name}`;
  const watch = cluster.watch(resource, {
    namespace,
    labelSelector,
    fieldSelector,
    resourceVersion,
    allowBookmarks,
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
    signal,
  });
  return watch[Symbol.asyncIterator]();
}

/** Expired is no refusal: clients expect it as an event of a watch that was accepted. */
function asRefusal(error: unknown): { error: unknown } | undefined {
  return isClusterError(error, "Expired") ? undefined : { error };
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)));
}

function frameWriter({ wanted, resource, clock }: ApiCall, include: "None" | "Metadata" | "Object") {
  if (wanted.as === "Table") {
    let omitColumns = false;
    return ({ type, object }: AnyEvent): string => {
      const table = renderTable(resource, [object as KubeObject], { nowMs: clock.now(), include, omitColumns });
      omitColumns = true;
      return line(type, table);
    };
  }
  if (wanted.as === "PartialObjectMetadata")
    return ({ type, object }: AnyEvent): string => line(type, partialMetadata(object as KubeObject));
  return ({ type, object }: AnyEvent): string => line(type, object);
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}
