// Properties over random histories, on the sandbox's implementation: seeded, so that a failure replays.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import type { KubeObject, ManagedFieldsEntry } from "../../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS, NAMESPACES } from "../../../src/core/kubernetes/resource.ts";
import { type Cluster, isClusterError, type JsonPatchOperation } from "../../../src/ports/cluster.ts";
import { openSandboxCluster, type SandboxCluster } from "../../../src/sandbox/cluster/open.ts";
import { configMap } from "./case.ts";
import { installTries, TRIES, tryObject } from "./definition-cases.ts";
import { realClock, SILENT } from "./surroundings.ts";

const SEED = 20_261_124;
const RUNS = { seed: SEED, numRuns: 150 };

let sandbox: SandboxCluster;
let cluster: Cluster;
let counter = 0;
beforeAll(async () => {
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock: realClock, log: SILENT });
  cluster = sandbox.as({ name: "properties" });
  await installTries(cluster);
});
afterAll(() => sandbox.close());

async function freshNamespace(): Promise<string> {
  counter += 1;
  const name = `properties-${counter}`;
  await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

const key = fc.constantFrom("a", "b", "c");
const trySpec = fc.record(
  {
    max: fc.integer({ min: 2000, max: 2003 }),
    map: fc.dictionary(key, fc.integer({ min: 0, max: 3 }), { maxKeys: 3 }),
    // Never empty: an applied list without items has no owner, on a real server too, and comes and goes with each apply.
    set: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
    list: fc.uniqueArray(fc.record({ k: key, v: fc.integer({ min: 0, max: 3 }) }, { requiredKeys: ["k"] }), {
      selector: ({ k }) => k,
      minLength: 1,
      maxLength: 3,
    }),
    atoms: fc.array(fc.record({ a: fc.integer({ min: 0, max: 2 }) }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

type Spec = Record<string, unknown>;

test("a merge patch made from two states turns one into the other, and a second time changes nothing", async () => {
  const namespace = await freshNamespace();
  const data = fc.dictionary(key, fc.constantFrom("1", "2", "3"));
  await fc.assert(
    fc.asyncProperty(data, data, async (from, to) => {
      counter += 1;
      const { metadata } = await cluster.create(CONFIG_MAPS, configMap(namespace, `m${counter}`, { data: from }));
      const removed = Object.fromEntries(Object.keys(from).map((each) => [each, null]));
      const patch = { type: "merge" as const, body: { data: { ...removed, ...to } } };
      const once = await cluster.patch(CONFIG_MAPS, metadata, patch);
      assert.deepEqual(once["data"] ?? {}, { ...to });
      const twice = await cluster.patch(CONFIG_MAPS, metadata, patch);
      assert.equal(twice.metadata.resourceVersion, once.metadata.resourceVersion);
    }),
    RUNS,
  );
});

test("a JSON patch whose tests read the stored state applies wholly; one stale test leaves all as it was", async () => {
  const namespace = await freshNamespace();
  const edits = fc.array(fc.record({ field: key, value: fc.constantFrom("x", "y") }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(edits, fc.boolean(), async (changes, stale) => {
      counter += 1;
      const start = { a: "1", b: "2", c: "3" };
      const before = await cluster.create(CONFIG_MAPS, configMap(namespace, `j${counter}`, { data: start }));
      const now: Record<string, string> = { ...start };
      const operations = changes.flatMap(({ field, value }): JsonPatchOperation[] => {
        const test = { op: "test" as const, path: `/data/${field}`, value: now[field] };
        now[field] = value;
        return [test, { op: "replace", path: `/data/${field}`, value }];
      });
      if (stale) operations.push({ op: "test", path: "/data/a", value: "never" });
      const outcome = await cluster
        .patch(CONFIG_MAPS, before.metadata, { type: "json", operations })
        .catch((error: unknown) => isClusterError(error, "Invalid"));
      assert.equal(outcome === true, stale);
      const after = await cluster.get(CONFIG_MAPS, before.metadata);
      assert.deepEqual(after["data"], stale ? start : now);
    }),
    RUNS,
  );
});

/** All leaves of a FieldsV1 tree as paths. */
function leaves(fields: Record<string, unknown>, prefix = ""): string[] {
  const below = Object.entries(fields).filter(([element]) => element !== ".");
  if (below.length === 0) return [prefix];
  return below.flatMap(([element, child]) => leaves(child as Record<string, unknown>, `${prefix}/${element}`));
}

function ownedLeaves(entries: ManagedFieldsEntry[]): Set<string> {
  return new Set(entries.flatMap(({ fieldsV1 }) => leaves(fieldsV1)));
}

/** Leaves of a Try's spec as FieldsV1 would name them. */
function specLeaves(spec: Spec): string[] {
  const out: string[] = [];
  for (const [field, value] of Object.entries(spec)) {
    const at = `/f:spec/f:${field}`;
    if (field === "map") out.push(...Object.keys(value as object).map((each) => `${at}/f:${each}`));
    else if (field === "set") out.push(...(value as string[]).map((each) => `${at}/v:${JSON.stringify(each)}`));
    else if (field === "list")
      for (const item of value as { k: string }[])
        out.push(...Object.keys(item).map((each) => `${at}/k:${JSON.stringify({ k: item.k })}/f:${each}`));
    else out.push(at);
  }
  return out;
}

/** Whether everything in `part` stands in `whole`: maps by key, lists by identity. */
function contains(whole: unknown, part: unknown, field = ""): boolean {
  if (field === "atoms" || typeof part !== "object" || part === null)
    return JSON.stringify(whole) === JSON.stringify(part);
  if (field === "set") return (part as string[]).every((each) => (whole as string[] | undefined)?.includes(each));
  if (field === "list")
    return (part as { k: string }[]).every((each) =>
      contains(
        (whole as { k: string }[] | undefined)?.find(({ k }) => k === each.k),
        each,
      ),
    );
  return Object.entries(part).every(([name, each]) => contains((whole as Spec | undefined)?.[name], each, name));
}

test("applies by several managers: what was applied stands, all of it has an owner, and what has none goes", async () => {
  const namespace = await freshNamespace();
  const step = fc.record({ manager: fc.constantFrom("one", "two", "three"), spec: trySpec });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      counter += 1;
      const name = `s${counter}`;
      const created = await cluster.create(TRIES, tryObject(namespace, name, { size: 1 }), { fieldManager: "creator" });
      let last = created;
      for (const { manager, spec } of steps) {
        const applied = tryObject(namespace, name, spec);
        last = await cluster.apply(TRIES, applied, { fieldManager: manager, force: true });
        assert.ok(
          contains(last["spec"], spec),
          `applied ${JSON.stringify(spec)}, found ${JSON.stringify(last["spec"])}`,
        );
        const again = await cluster.apply(TRIES, applied, { fieldManager: manager, force: true });
        assert.equal(again.metadata.resourceVersion, last.metadata.resourceVersion);
        assertOwned(last);
      }
      // When everybody lets go, only the creator's fields and the defaults stay.
      for (const manager of ["one", "two", "three"])
        last = await cluster.apply(TRIES, tryObject(namespace, name, {}), { fieldManager: manager, force: true });
      assert.deepEqual(nonEmpty(last["spec"] as Spec), { size: 1, mode: "a" });
    }),
    RUNS,
  );
});

function nonEmpty(spec: Spec): Spec {
  return Object.fromEntries(
    Object.entries(spec).filter(([, value]) => typeof value !== "object" || Object.keys(value as object).length > 0),
  );
}

/** Owners exist for every leaf but defaults, and no owner holds a field that is not there. */
function assertOwned({ metadata, spec }: KubeObject): void {
  const owned = ownedLeaves(metadata.managedFields ?? []);
  const present = specLeaves(spec as Spec);
  for (const leaf of present) if (!leaf.endsWith("f:w")) assert.ok(owned.has(leaf), `${leaf} has no owner`);
  const there = new Set(present);
  for (const leaf of owned) {
    const isContainer = /f:(map|set|list)$|^\/f:spec$|f:list\/k:[^/]*$/.test(leaf);
    assert.ok(isContainer || there.has(leaf), `${leaf} is owned but not there`);
  }
}

test("without force, an apply either conflicts with a named owner or takes nothing from anybody", async () => {
  const namespace = await freshNamespace();
  await fc.assert(
    fc.asyncProperty(trySpec, trySpec, async (first, second) => {
      counter += 1;
      const name = `f${counter}`;
      await cluster.create(TRIES, tryObject(namespace, name, { size: 1 }), { fieldManager: "creator" });
      const before = await cluster.apply(TRIES, tryObject(namespace, name, first), { fieldManager: "one" });
      const outcome = await cluster
        .apply(TRIES, tryObject(namespace, name, second), { fieldManager: "two" })
        .catch((error: unknown) => error);
      if (isClusterError(outcome, "Conflict")) {
        assert.ok(
          outcome.causes.length > 0 && outcome.causes.every(({ message }) => message === 'conflict with "one"'),
        );
        assert.deepEqual(await cluster.get(TRIES, before.metadata), before);
        return;
      }
      const fieldsOfOne = (object: KubeObject) =>
        object.metadata.managedFields?.find(({ manager }) => manager === "one")?.fieldsV1;
      assert.deepEqual(fieldsOfOne(outcome as KubeObject), fieldsOfOne(before));
      assert.ok(contains((outcome as KubeObject)["spec"], first));
    }),
    RUNS,
  );
});

test("replaying a watch gives the list, from any version on, whatever was written", async () => {
  const command = fc.record({
    verb: fc.constantFrom("create", "patch", "delete"),
    name: key,
    value: fc.constantFrom("x", "y"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), fc.nat(24), async (commands, startAt) => {
      const namespace = await freshNamespace();
      const copy = new Map<string, KubeObject>();
      let from = "";
      for (const [index, { verb, name, value }] of commands.entries()) {
        if (index === Math.min(startAt, commands.length - 1)) from = await snapshot(namespace, copy);
        await run(verb, namespace, name, value);
      }
      const end = new AbortController();
      await cluster.create(CONFIG_MAPS, configMap(namespace, "end"));
      for await (const event of cluster.watch(CONFIG_MAPS, { namespace, resourceVersion: from, signal: end.signal })) {
        if ((event.object as KubeObject).metadata.name === "end") break;
        if (event.type === "DELETED") copy.delete(event.object.metadata.name);
        else if (event.type !== "BOOKMARK") copy.set(event.object.metadata.name, event.object);
      }
      const { items } = await cluster.list(CONFIG_MAPS, { namespace, fieldSelector: "metadata.name!=end" });
      assert.deepEqual(
        [...copy.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
        items,
      );
    }),
    { seed: SEED, numRuns: 60 },
  );
});

async function snapshot(namespace: string, copy: Map<string, KubeObject>): Promise<string> {
  const { items, resourceVersion } = await cluster.list(CONFIG_MAPS, { namespace });
  for (const item of items) copy.set(item.metadata.name, item);
  return resourceVersion;
}

async function run(verb: string, namespace: string, name: string, value: string): Promise<void> {
  const target = { namespace, name };
  const calls: Record<string, () => Promise<unknown>> = {
    create: () => cluster.create(CONFIG_MAPS, configMap(namespace, name, { data: { value } })),
    patch: () => cluster.patch(CONFIG_MAPS, target, { type: "merge", body: { data: { value } } }),
    delete: () => cluster.delete(CONFIG_MAPS, target),
  };
  await calls[verb]!().catch((error: unknown) => {
    if (!isClusterError(error, "NotFound", "AlreadyExists")) throw error;
  });
}
