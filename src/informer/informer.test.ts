// The informer against a scripted API: whatever the stream does, the copy becomes right again.

import { expect, test } from "vitest";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { CONFIG_MAPS } from "../core/kubernetes/resource.ts";
import { type Cluster, ClusterError, type ListOptions, type WatchEvent, type WatchOptions } from "../ports/cluster.ts";
import { type Change, Informer } from "./informer.ts";

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

function object(name: string, resourceVersion: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", resourceVersion } };
}

/** An API whose lists and streams are given turn by turn; a turn may be an error. */
class ScriptedApi {
  lists: (KubeObject[] | Error)[] = [];
  /** The pages of the first list, where there are any. */
  pages: (KubeObject[] | Error)[] = [];
  streams: ((WatchEvent<KubeObject> | Error)[] | Error)[] = [];
  /** In place of the streams: these events, from any version on, so many at a time. */
  history: { events: WatchEvent<KubeObject>[]; cutEvery: number; ending: Ending } | undefined;
  bookmarkEveryMs: number | undefined;
  watchedFrom: (string | undefined)[] = [];
  timeoutsMs: (number | undefined)[] = [];
  limits: (number | undefined)[] = [];
  readonly clock = new VirtualClock();

  get cluster(): Cluster {
    return {
      list: (_: unknown, options: ListOptions) => this.#list(options),
      watch: (_: unknown, options: WatchOptions) => this.#watch(options),
    } as unknown as Cluster;
  }

  async #list({ limit }: ListOptions) {
    this.limits.push(limit);
    const paged = this.pages.length > 0;
    const turn = (paged ? this.pages.shift() : this.lists.shift()) ?? [];
    if (turn instanceof Error) throw turn;
    return { items: turn, resourceVersion: "100", ...(paged ? { continue: "next" } : {}) };
  }

  async *#watch(options: WatchOptions): AsyncIterable<WatchEvent<KubeObject>> {
    this.watchedFrom.push(options.resourceVersion);
    this.timeoutsMs.push(options.timeoutMs);
    if (this.history !== undefined) return yield* this.#replay(this.history, options);
    const turn = this.streams.shift();
    if (turn === undefined) return yield* this.#quiet(options);
    if (turn instanceof Error) throw turn;
    for (const event of turn) {
      if (event instanceof Error) throw event;
      yield event;
    }
  }

  async *#replay({ events, cutEvery, ending }: NonNullable<ScriptedApi["history"]>, options: WatchOptions) {
    const since = Number(options.resourceVersion);
    const later = events.filter(({ object }) => Number(object.metadata.resourceVersion) > since);
    yield* later.slice(0, cutEvery);
    if (later.length === 0 || ending === "stall") return yield* this.#quiet(options);
    if (ending === "error") throw new Error("socket hang up");
    if (ending === "refused") throw new ClusterError("InternalError", "etcdserver: leader changed");
  }

  async *#quiet({ signal }: WatchOptions): AsyncIterable<WatchEvent<KubeObject>> {
    for (;;) {
      if (signal === undefined || signal.aborted) return;
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
        if (this.bookmarkEveryMs !== undefined) this.clock.after(this.bookmarkEveryMs, resolve);
      });
      if (!signal.aborted)
        yield {
          type: "BOOKMARK",
          object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "100" } },
        };
    }
  }
}

async function run(api: ScriptedApi, forMs: number, keep?: (object: KubeObject) => KubeObject) {
  const { clock, cluster } = api;
  const informer = new Informer({ cluster, resource: CONFIG_MAPS, clock, log: QUIET, keep, jitter: () => 0.5 });
  const changes: string[] = [];
  const seen: KubeObject[] = [];
  informer.onChange(({ key, object, before }: Change<KubeObject>) => {
    changes.push(
      `${key.name} ${before?.metadata.resourceVersion ?? "-"} -> ${object?.metadata.resourceVersion ?? "-"}`,
    );
    for (const each of [object, before]) if (each !== undefined) seen.push(each);
  });
  const stop = new AbortController();
  const ended = informer.start(stop.signal);
  await clock.advance(forMs);
  return {
    informer,
    changes,
    seen,
    async stop() {
      stop.abort();
      await clock.advance(0);
      await ended;
    },
  };
}

test("lists, then follows additions, changes and deletions", async () => {
  const api = new ScriptedApi();
  api.lists = [[object("a", "1"), object("b", "2")]];
  api.streams = [
    [
      { type: "MODIFIED", object: object("a", "101") },
      { type: "DELETED", object: object("b", "102") },
      { type: "ADDED", object: object("c", "103") },
    ],
  ];
  const { informer, changes, stop } = await run(api, 10);
  expect(changes).toEqual(["a - -> 1", "b - -> 2", "a 1 -> 101", "b 2 -> -", "c - -> 103"]);
  expect(informer.list().map((each) => each.metadata.name)).toEqual(["a", "c"]);
  expect(api.watchedFrom).toEqual(["100", "103"]);
  await stop();
});

test("a bookmark moves the version to go on from and changes nothing", async () => {
  const api = new ScriptedApi();
  api.lists = [[object("a", "1")]];
  api.streams = [
    [{ type: "BOOKMARK", object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "150" } } }],
  ];
  const { changes, stop } = await run(api, 10);
  expect(changes).toEqual(["a - -> 1"]);
  expect(api.watchedFrom).toEqual(["100", "150"]);
  await stop();
});

test("410 lists anew at once and finds what was missed", async () => {
  const api = new ScriptedApi();
  api.lists = [
    [object("a", "1"), object("gone", "2")],
    [object("a", "7"), object("new", "8")],
  ];
  api.streams = [[new ClusterError("Expired", "too old")]];
  const { changes, stop } = await run(api, 0);
  expect(changes.slice(2)).toEqual(["gone 2 -> -", "a 1 -> 7", "new - -> 8"]);
  await stop();
});

test("any other error backs off and never stays dead", async () => {
  const api = new ScriptedApi();
  const broken = () => new ClusterError("Unreachable", "connection refused");
  api.lists = [broken(), broken(), [object("a", "1")], [object("a", "9")]];
  api.streams = [[new Error("socket hang up")]];
  const early = await run(api, 50);
  expect(early.informer.hasSynced).toBe(false);
  expect(early.informer.lastError).toBeInstanceOf(ClusterError);
  await early.stop();

  api.lists = [broken(), broken(), [object("a", "1")]];
  api.streams = [
    [{ type: "MODIFIED", object: object("a", "105") }, new Error("socket hang up")],
    broken(),
    [{ type: "MODIFIED", object: object("a", "109") }],
  ];
  const later = await run(api, 60_000);
  expect(later.informer.get({ namespace: "default", name: "a" })?.metadata.resourceVersion).toBe("109");
  expect(later.informer.lastError).toBeUndefined();
  await later.stop();
});

test("an error goes on from the last version; nothing is listed again", async () => {
  const api = new ScriptedApi();
  api.lists = [[object("a", "1")], new Error("must not be listed again")];
  api.streams = [
    [{ type: "ADDED", object: object("b", "101") }, new Error("socket hang up")],
    new ClusterError("Unreachable", "connection refused"),
    [{ type: "ADDED", object: object("c", "102") }],
  ];
  const { changes, stop } = await run(api, 5_000);
  expect(api.watchedFrom).toEqual(["100", "101", "101", "102"]);
  expect(changes).toEqual(["a - -> 1", "b - -> 101", "c - -> 102"]);
  await stop();
});

test("a server that refuses the version again and again is asked for a list", async () => {
  const api = new ScriptedApi();
  const refusal = () => new ClusterError("InternalError", "Timeout: Too large resource version: 100, current: 7");
  api.lists = [[object("a", "1")], [object("a", "7")]];
  api.streams = [refusal(), refusal(), refusal()];
  const { changes, stop } = await run(api, 5_000);
  expect(changes).toEqual(["a - -> 1", "a 1 -> 7"]);
  await stop();
});

test("versions that go back, as after a restored backup, list anew", async () => {
  const api = new ScriptedApi();
  api.lists = [[object("a", "99")], [object("a", "7")]];
  api.streams = [
    [{ type: "BOOKMARK", object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "50" } } }],
  ];
  const { changes, stop } = await run(api, 10);
  expect(changes).toEqual(["a - -> 99", "a 99 -> 7"]);
  await stop();
});

test("streams that end as soon as they begin are no tight loop", async () => {
  const api = new ScriptedApi();
  api.streams = Array.from({ length: 1_000 }, () => []);
  const { stop } = await run(api, 60_000);
  expect(api.watchedFrom.length).toBeLessThan(20);
  await stop();
});

test("410 time after time backs off too", async () => {
  const api = new ScriptedApi();
  api.streams = Array.from({ length: 1_000 }, () => new ClusterError("Expired", "too old"));
  const { stop } = await run(api, 60_000);
  expect(api.watchedFrom.length).toBeLessThan(20);
  await stop();
});

test("a stream that falls silent is opened again from the same version within three minutes; bookmarks keep it", async () => {
  const api = new ScriptedApi();
  const { stop } = await run(api, 179_000 + 300);
  expect(api.watchedFrom).toEqual(["100"]);
  await stop();

  const silent = new ScriptedApi();
  const cut = await run(silent, 181_000);
  expect(silent.watchedFrom).toEqual(["100", "100"]);
  await cut.stop();

  const bookmarked = new ScriptedApi();
  bookmarked.bookmarkEveryMs = 75_000;
  const kept = await run(bookmarked, 3_600_000);
  expect(bookmarked.watchedFrom).toEqual(["100"]);
  await kept.stop();
});

test("the server's wish to be left alone is longer than any back-off", async () => {
  const api = new ScriptedApi();
  api.streams = [new ClusterError("TooManyRequests", "later", { retryAfterMs: 30_000 })];
  const { stop } = await run(api, 29_000);
  expect(api.watchedFrom).toHaveLength(1);
  await stop();
  const later = new ScriptedApi();
  later.streams = [new ClusterError("TooManyRequests", "later", { retryAfterMs: 30_000 })];
  const patient = await run(later, 31_000);
  expect(later.watchedFrom).toHaveLength(2);
  await patient.stop();
});

test("each stream asks the server to end it after 5 to 10 minutes", async () => {
  const api = new ScriptedApi();
  const { stop } = await run(api, 0);
  expect(api.timeoutsMs).toEqual([300_000 + 150_000]);
  await stop();
});

test("lists come in pages; one that is too old by then is asked for as a whole", async () => {
  const api = new ScriptedApi();
  api.pages = [[object("a", "1")], [object("b", "2")], new ClusterError("Expired", "too old")];
  api.lists = [[object("a", "1"), object("b", "2"), object("c", "3")]];
  const { changes, stop } = await run(api, 10);
  expect(api.limits).toEqual([500, 500, 500, undefined]);
  expect(changes).toEqual(["a - -> 1", "b - -> 2", "c - -> 3"]);
  await stop();
});

test("only what is kept of an object reaches memory and listeners", async () => {
  const api = new ScriptedApi();
  const fat = (name: string, version: string) => ({ ...object(name, version), data: { large: "x" } });
  api.lists = [[fat("a", "1")]];
  api.streams = [[{ type: "MODIFIED", object: fat("a", "101") }]];
  const keep = ({ apiVersion, kind, metadata }: KubeObject) => ({ apiVersion, kind, metadata });
  const { informer, seen, stop } = await run(api, 10, keep);
  expect([...seen, ...informer.list()].filter((each) => "data" in each)).toEqual([]);
  expect(informer.list()).toHaveLength(1);
  await stop();
});

type Ending = "plain" | "error" | "refused" | "stall";

test.each<Ending>(["plain", "error", "refused", "stall"])(
  "cut at every point, nothing is lost and nothing comes twice: %s",
  async (ending) => {
    const history = randomHistory(40);
    for (let every = 1; every <= 7; every++) {
      const api = new ScriptedApi();
      api.history = { events: history, cutEvery: every, ending };
      const { changes, stop } = await run(api, 40 * 181_000);
      expect(changes).toEqual(expectedChanges(history));
      expect(api.lists).toEqual([]);
      await stop();
    }
  },
);

/** Some additions, changes and deletions of five objects, versions rising from 101. */
function randomHistory(length: number): WatchEvent<KubeObject>[] {
  const alive = new Set<string>();
  let seed = 11;
  return Array.from({ length }, (_, i) => {
    seed = (seed * 16_807) % 2_147_483_647;
    const name = "abcde"[seed % 5]!;
    const type = !alive.has(name) ? "ADDED" : seed % 3 === 0 ? "DELETED" : "MODIFIED";
    if (type === "DELETED") alive.delete(name);
    else alive.add(name);
    return { type, object: object(name, String(101 + i)) };
  });
}

function expectedChanges(history: WatchEvent<KubeObject>[]): string[] {
  const known = new Map<string, string>();
  return history.map((event) => {
    if (event.type === "BOOKMARK") throw new Error("no bookmarks here");
    const { name, resourceVersion = "" } = event.object.metadata;
    const before = known.get(name) ?? "-";
    if (event.type === "DELETED") known.delete(name);
    else known.set(name, resourceVersion);
    return `${name} ${before} -> ${known.get(name) ?? "-"}`;
  });
}

test("a listing that repeats what is known is no change", async () => {
  const api = new ScriptedApi();
  api.lists = [[object("a", "1")], [object("a", "1")]];
  api.streams = [[new ClusterError("Expired", "too old")]];
  const { changes, stop } = await run(api, 10);
  expect(changes).toEqual(["a - -> 1"]);
  await stop();
});
