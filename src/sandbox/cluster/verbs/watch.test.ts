import { afterEach, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../../core/kubernetes/object.ts";
import { CONFIG_MAPS, LEASES } from "../../../core/kubernetes/resource.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { WatchEvent } from "../../../ports/cluster.ts";
import { openSandboxCluster, type SandboxCluster } from "../open.ts";

const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** Time that moves only when told. */
class TestClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  #timers = new Set<{ at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers)
      if (timer.at <= this.#now) {
        this.#timers.delete(timer);
        timer.run();
      }
  }

  get pending(): number {
    return this.#timers.size;
  }
}

let clock: TestClock;
let sandbox: SandboxCluster;
beforeEach(async () => {
  clock = new TestClock();
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log, historyLimit: 5 });
});
afterEach(() => sandbox.close());

function create(name: string): Promise<KubeObject> {
  return sandbox.cluster.create(CONFIG_MAPS, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
  });
}

function watch(resourceVersion?: string, allowBookmarks = false): AsyncIterator<WatchEvent<KubeObject>> {
  return sandbox.cluster.watch(CONFIG_MAPS, { resourceVersion, allowBookmarks })[Symbol.asyncIterator]();
}

test("a watcher that falls behind the window is told so, instead of costing memory or losing events", async () => {
  const { metadata } = await create("first");
  const slow = watch(metadata.resourceVersion);
  await create("second");
  expect(await slow.next()).toMatchObject({ value: { type: "ADDED", object: { metadata: { name: "second" } } } });
  for (let i = 0; i < 20; i++) await create(`more-${i}`);
  await expect(slow.next()).rejects.toMatchObject({ reason: "Expired", retryable: true });
});

test("a watcher within the window gets every event", async () => {
  const { metadata } = await create("first");
  const watching = watch(metadata.resourceVersion);
  const names = [];
  for (let i = 0; i < 4; i++) await create(`more-${i}`);
  for (let i = 0; i < 4; i++)
    names.push(((await watching.next()).value as { object: KubeObject }).object.metadata.name);
  expect(names).toEqual(["more-0", "more-1", "more-2", "more-3"]);
});

test("an idle watch with bookmarks hears once a minute how far the world is", async () => {
  const { resourceVersion } = await sandbox.cluster.list(CONFIG_MAPS);
  const next = watch(resourceVersion, true).next();
  await Promise.resolve();
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "a", namespace: "default" } };
  const elsewhere = await sandbox.cluster.create<KubeObject>(LEASES, lease);
  clock.advance(60_000);
  const bookmark = {
    type: "BOOKMARK",
    object: { kind: "ConfigMap", metadata: { resourceVersion: elsewhere.metadata.resourceVersion } },
  };
  expect((await next).value).toMatchObject(bookmark);
});

test("an ended watch leaves no timer and no listener behind", async () => {
  const end = new AbortController();
  const options = { resourceVersion: "", allowBookmarks: true, signal: end.signal };
  const watching = sandbox.cluster.watch(CONFIG_MAPS, options)[Symbol.asyncIterator]();
  const next = watching.next();
  await Promise.resolve();
  end.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(clock.pending).toBe(0);
});

test("a version from the future, as after the store was thrown away, is Expired", async () => {
  await expect(watch("999999").next()).rejects.toMatchObject({ reason: "Expired" });
});

test("a version that is no number is refused", async () => {
  await expect(watch("abc").next()).rejects.toMatchObject({ reason: "BadRequest" });
});

test("a list's later page is Expired when its changes are no longer kept", async () => {
  for (const name of ["a", "b", "c"]) await create(name);
  const { continue: token } = await sandbox.cluster.list(CONFIG_MAPS, { limit: 1 });
  for (let i = 0; i < 20; i++) await create(`more-${i}`);
  await expect(sandbox.cluster.list(CONFIG_MAPS, { limit: 1, continue: token! })).rejects.toMatchObject({
    reason: "Expired",
  });
  await expect(sandbox.cluster.list(CONFIG_MAPS, { continue: "nonsense" })).rejects.toMatchObject({
    reason: "BadRequest",
  });
});
