// List and watch: selectors, pages, order, nothing lost and nothing twice.

import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS } from "../../../src/core/kubernetes/resource.ts";
import type { Cluster, WatchEvent, WatchOptions } from "../../../src/ports/cluster.ts";
import { type Case, configMap, refused } from "./case.ts";

/** Follows until `count` events are in, then ends the watch. */
async function follow(cluster: Cluster, options: WatchOptions, count: number): Promise<WatchEvent<KubeObject>[]> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), 10_000);
  const events: WatchEvent<KubeObject>[] = [];
  for await (const event of cluster.watch(CONFIG_MAPS, { ...options, signal: end.signal })) {
    events.push(event);
    if (events.length >= count) break;
  }
  clearTimeout(timer);
  return events;
}

/** Controllers of a real cluster put certificates into every namespace. */
function isOurs(name: string): boolean {
  return name !== "kube-root-ca.crt" && !name.startsWith("istio-");
}

/** A watch is told of theirs as well, at any time: it selects what is marked as ours. */
const OURS = { labels: { ours: "yes" } };
const labelSelector = "ours=yes";

function told(events: WatchEvent<KubeObject>[]): string[] {
  return events.map((event) =>
    event.type === "BOOKMARK" ? "BOOKMARK" : `${event.type} ${event.object.metadata.name}`,
  );
}

async function setLabel(cluster: Cluster, namespace: string, name: string, value: string): Promise<KubeObject> {
  return cluster.patch(
    CONFIG_MAPS,
    { namespace, name },
    { type: "merge", body: { metadata: { labels: { tier: value } } } },
  );
}

export const WATCH_CASES: Case[] = [
  {
    name: "list selects by labels and fields, in the order of names",
    async run({ cluster, namespace }) {
      for (const [name, tier] of [
        ["c", "x"],
        ["a", "y"],
        ["b", "x"],
        ["d", "z"],
      ] as const)
        await cluster.create(CONFIG_MAPS, configMap(namespace, name, { labels: { tier } }));
      const names = async (query: object) =>
        (await cluster.list(CONFIG_MAPS, { namespace, ...query })).items
          .map(({ metadata }) => metadata.name)
          .filter(isOurs);
      assert.deepEqual(await names({}), ["a", "b", "c", "d"]);
      assert.deepEqual(await names({ labelSelector: "tier=x" }), ["b", "c"]);
      assert.deepEqual(await names({ labelSelector: "tier in (x,y),tier!=y" }), ["b", "c"]);
      assert.deepEqual(await names({ labelSelector: "tier notin (x,y)" }), ["d"]);
      assert.deepEqual(await names({ fieldSelector: "metadata.name=c" }), ["c"]);
      assert.deepEqual(await names({ fieldSelector: "metadata.name!=c" }), ["a", "b", "d"]);
      await refused(names({ fieldSelector: "data.k=v" }), "BadRequest");
    },
  },
  {
    name: "pages show the state at the first page, whatever is written meanwhile",
    async run({ cluster, namespace }) {
      for (const name of ["a", "b", "c", "d", "e"]) await cluster.create(CONFIG_MAPS, configMap(namespace, name));
      const labelSelector = "!late";
      const first = await cluster.list(CONFIG_MAPS, { namespace, limit: 2, labelSelector });
      assert.equal(first.items.length, 2);
      await cluster.create(CONFIG_MAPS, configMap(namespace, "cc"));
      await cluster.delete(CONFIG_MAPS, { namespace, name: "d" });
      const names = first.items.map(({ metadata }) => metadata.name);
      let token = first.continue;
      while (token !== undefined) {
        const page = await cluster.list(CONFIG_MAPS, { namespace, limit: 2, labelSelector, continue: token });
        assert.equal(page.resourceVersion, first.resourceVersion);
        names.push(...page.items.map(({ metadata }) => metadata.name));
        token = page.continue;
      }
      assert.deepEqual(names.filter(isOurs), ["a", "b", "c", "d", "e"]);
    },
  },
  {
    name: "a watch from a list's version tells every later change, in order, once",
    async run({ cluster, namespace }) {
      await cluster.create(CONFIG_MAPS, configMap(namespace, "old", OURS));
      const { resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace });
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a", OURS));
      await setLabel(cluster, namespace, "a", "x");
      await cluster.delete(CONFIG_MAPS, { namespace, name: "old" });
      const events = await follow(cluster, { namespace, resourceVersion, labelSelector }, 3);
      assert.deepEqual(told(events), ["ADDED a", "MODIFIED a", "DELETED old"]);
      const versions = events.map((event) => Number(event.object.metadata.resourceVersion));
      assert.deepEqual(
        versions,
        [...versions].sort((a, b) => a - b),
      );
      assert.ok(versions[0]! > Number(resourceVersion));
    },
  },
  {
    name: "a watch that was cut after any change goes on from its version: nothing lost, nothing twice",
    async run({ cluster, namespace }) {
      const { resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace });
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a", OURS));
      await setLabel(cluster, namespace, "a", "x");
      await cluster.create(CONFIG_MAPS, configMap(namespace, "b", OURS));
      await cluster.delete(CONFIG_MAPS, { namespace, name: "a" });
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a", OURS));
      const whole = told(await follow(cluster, { namespace, resourceVersion, labelSelector }, 5));
      assert.deepEqual(whole, ["ADDED a", "MODIFIED a", "ADDED b", "DELETED a", "ADDED a"]);
      for (let cut = 1; cut < whole.length; cut++) {
        const head = await follow(cluster, { namespace, resourceVersion, labelSelector }, cut);
        const reached = head.at(-1)?.object.metadata.resourceVersion;
        const tail = await follow(cluster, { namespace, resourceVersion: reached, labelSelector }, whole.length - cut);
        assert.deepEqual([...told(head), ...told(tail)], whole, `cut after ${cut}`);
      }
    },
  },
  {
    name: "a watch without a version first tells what is there",
    async run({ cluster, namespace }) {
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a", OURS));
      await cluster.create(CONFIG_MAPS, configMap(namespace, "b", OURS));
      assert.deepEqual(told(await follow(cluster, { namespace, labelSelector }, 2)).sort(), ["ADDED a", "ADDED b"]);
    },
  },
  {
    name: "through a selector, coming to match is ADDED and ceasing to is DELETED",
    async run({ cluster, namespace }) {
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a", { labels: { tier: "x" } }));
      const { resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace });
      for (const value of ["y", "x", "y"]) await setLabel(cluster, namespace, "a", value);
      const events = await follow(cluster, { namespace, resourceVersion, labelSelector: "tier=y" }, 3);
      assert.deepEqual(told(events), ["ADDED a", "DELETED a", "ADDED a"]);
    },
  },
  {
    name: "sendInitialEvents tells the state, then a bookmark that says so, then changes",
    async run({ cluster, namespace }) {
      await cluster.create(CONFIG_MAPS, configMap(namespace, "a"));
      const fieldSelector = "metadata.name=a";
      const options = { namespace, fieldSelector, sendInitialEvents: true, allowBookmarks: true };
      const events = await follow(cluster, options, 2);
      assert.deepEqual(told(events), ["ADDED a", "BOOKMARK"]);
      const bookmark = events[1]!.object;
      assert.equal(bookmark.metadata.annotations?.["k8s.io/initial-events-end"], "true");
      await setLabel(cluster, namespace, "a", "x");
      const later = { namespace, fieldSelector, resourceVersion: bookmark.metadata.resourceVersion };
      assert.deepEqual(told(await follow(cluster, later, 1)), ["MODIFIED a"]);
    },
  },
  {
    name: "a watch returns when its signal aborts",
    async run({ cluster, namespace }) {
      const end = new AbortController();
      const { resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace, fieldSelector: "metadata.name=none" });
      const watching = (async () => {
        for await (const _ of cluster.watch(CONFIG_MAPS, {
          namespace,
          resourceVersion,
          fieldSelector: "metadata.name=none",
          signal: end.signal,
        }));
      })();
      setTimeout(() => end.abort(), 20);
      await watching;
    },
  },
  {
    name: "a version long gone is Expired",
    needs: "short history",
    async run({ cluster, namespace }) {
      await refused(follow(cluster, { namespace, resourceVersion: "1" }, 1), "Expired");
    },
  },
];
