// The informer against a scripted API: whatever the stream does, the copy becomes right again.

import { expect, test } from "vitest";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { CONFIG_MAPS } from "../core/kubernetes/resource.ts";
import { type Cluster, ClusterError, type WatchEvent, type WatchOptions } from "../ports/cluster.ts";
import { type Change, Informer } from "./informer.ts";

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

function object(name: string, resourceVersion: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", resourceVersion } };
}

/** An API whose lists and streams are given turn by turn; a turn may be an error. */
class ScriptedApi {
  lists: (KubeObject[] | Error)[] = [];
  streams: ((WatchEvent<KubeObject> | Error)[] | Error)[] = [];
  watchedFrom: (string | undefined)[] = [];

  get cluster(): Cluster {
    return {
      list: () => this.#list(),
      watch: (_: unknown, options: WatchOptions) => this.#watch(options),
    } as unknown as Cluster;
  }

  async #list() {
    const turn = this.lists.shift() ?? [];
    if (turn instanceof Error) throw turn;
    return { items: turn, resourceVersion: "100" };
  }

  async *#watch(options: WatchOptions): AsyncIterable<WatchEvent<KubeObject>> {
    this.watchedFrom.push(options.resourceVersion);
    const turn = this.streams.shift();
    if (turn === undefined) {
      await new Promise<void>((resolve) => options.signal!.addEventListener("abort", () => resolve(), { once: true }));
      return;
    }
    if (turn instanceof Error) throw turn;
    for (const event of turn) {
      if (event instanceof Error) throw event;
      yield event;
    }
  }
}

async function run(api: ScriptedApi, forMs: number) {
  const clock = new VirtualClock();
  const informer = new Informer({ cluster: api.cluster, resource: CONFIG_MAPS, clock, log: QUIET });
  const changes: string[] = [];
  informer.onChange(({ key, object, before }: Change<KubeObject>) => {
    changes.push(
      `${key.name} ${before?.metadata.resourceVersion ?? "-"} -> ${object?.metadata.resourceVersion ?? "-"}`,
    );
  });
  const stop = new AbortController();
  const ended = informer.start(stop.signal);
  await clock.advance(forMs);
  return {
    informer,
    changes,
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

  api.lists = [broken(), broken(), [object("a", "1")], [object("a", "9")]];
  api.streams = [[new Error("socket hang up")]];
  const later = await run(api, 60_000);
  expect(later.informer.get({ namespace: "default", name: "a" })?.metadata.resourceVersion).toBe("9");
  await later.stop();
});

test("a listing that repeats what is known is no change", async () => {
  const api = new ScriptedApi();
  api.lists = [[object("a", "1")], [object("a", "1")]];
  api.streams = [[new ClusterError("Expired", "too old")]];
  const { changes, stop } = await run(api, 10);
  expect(changes).toEqual(["a - -> 1"]);
  await stop();
});
