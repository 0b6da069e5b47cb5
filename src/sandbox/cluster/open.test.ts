import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import {
  CANARY_ACTIONS,
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  NAMESPACES,
  VIRTUAL_SERVICES,
} from "../../core/kubernetes/resource.ts";
import { serinCrds } from "../../core/spec/crd.generated.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { openSandboxCluster, type SandboxCluster, type SandboxOptions } from "./open.ts";

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const clock: Clock = { now: () => Date.UTC(2026, 0, 1), after: () => () => {} };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sandbox-cluster-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function open(options: Partial<SandboxOptions> = {}): Promise<SandboxCluster> {
  return openSandboxCluster({ dataFile: join(dir, "data", "objects.db"), clock, log, ...options });
}

function configMap(name: string, extra: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, ...extra };
}

const virtualService: KubeObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: { name: "echo", namespace: "default" },
  spec: { hosts: ["*"], http: [{ route: [{ destination: { host: "echo" } }] }] },
};

describe("a cold start", () => {
  test("has the first namespaces and Istio's kinds", async () => {
    const sandbox = await open({ dataFile: ":memory:" });
    const { items } = await sandbox.cluster.list(NAMESPACES);
    const names = items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(["default", "istio-system", "kube-node-lease", "kube-public", "kube-system"]);
    expect(sandbox.registry.find(VIRTUAL_SERVICES)).toMatchObject({
      kind: "VirtualService",
      shortNames: ["vs"],
      custom: true,
    });
    await sandbox.close();
  });

  test("with the same random numbers makes the same world", async () => {
    const world = async () => {
      let state = 1;
      const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
      const sandbox = await open({ dataFile: ":memory:", random });
      const created = await sandbox.cluster.create(CONFIG_MAPS, configMap("a"));
      await sandbox.close();
      return created;
    };
    expect(await world()).toEqual(await world());
  });
});

describe("a restart", () => {
  test("finds every object as it was, and resourceVersions go on rising", async () => {
    const before = await open();
    const map = await before.cluster.create(CONFIG_MAPS, configMap("a", { data: { k: "v" } }));
    const route = await before.cluster.create(VIRTUAL_SERVICES, virtualService);
    await before.cluster.create(CONFIG_MAPS, configMap("gone"));
    await before.cluster.delete(CONFIG_MAPS, { namespace: "default", name: "gone" });
    const { resourceVersion } = await before.cluster.list(CONFIG_MAPS);
    await before.close();

    const after = await open();
    expect(await after.cluster.get(CONFIG_MAPS, map.metadata)).toEqual(map);
    expect(await after.cluster.get(VIRTUAL_SERVICES, route.metadata)).toEqual(route);
    await expect(after.cluster.get(CONFIG_MAPS, { namespace: "default", name: "gone" })).rejects.toMatchObject({
      reason: "NotFound",
    });
    const next = await after.cluster.create(CONFIG_MAPS, configMap("b"));
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(resourceVersion));
    await after.close();
  });

  test("survives an end without close, as after kill -9", async () => {
    const killed = await open();
    const map = await killed.cluster.create(CONFIG_MAPS, configMap("a"));
    const after = await open();
    expect(await after.cluster.get(CONFIG_MAPS, map.metadata)).toEqual(map);
    await after.close();
    await killed.close();
  });

  test("tells a watch from before that its version is gone", async () => {
    const before = await open();
    const { resourceVersion } = await before.cluster.list(CONFIG_MAPS);
    await before.close();
    const after = await open();
    const watching = after.cluster.watch(CONFIG_MAPS, { resourceVersion })[Symbol.asyncIterator]().next();
    await expect(watching).rejects.toMatchObject({ reason: "Expired" });
    await after.close();
  });

  test("brings a definition that changed meanwhile up to date and leaves the others alone", async () => {
    const before = await open({ crds: serinCrds() });
    const untouched = await before.cluster.get(CUSTOM_RESOURCE_DEFINITIONS, {
      name: "virtualservices.networking.istio.io",
    });
    await before.close();
    const changed = JSON.parse(JSON.stringify(serinCrds()).replace('"srna"', '"act"')) as KubeObject[];
    const after = await open({ crds: changed });
    expect(after.registry.find(CANARY_ACTIONS)?.shortNames).toEqual(["act"]);
    expect(await after.cluster.get(CUSTOM_RESOURCE_DEFINITIONS, untouched.metadata)).toEqual(untouched);
    await after.close();
  });

  test("of a store that a newer Serin wrote is refused with the cure", async () => {
    const { DatabaseSync } = await import("node:sqlite");
    const file = join(dir, "newer.db");
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 99");
    db.close();
    await expect(open({ dataFile: file })).rejects.toThrow(/newer Serin.*serin reset/);
  });
});

describe("users", () => {
  test("own the fields they write", async () => {
    const sandbox = await open({ dataFile: ":memory:" });
    const { metadata } = await sandbox.as({ name: "anna" }).create(CONFIG_MAPS, configMap("a", { data: { k: "1" } }));
    expect(metadata.managedFields?.map(({ manager }) => manager)).toEqual(["anna"]);
    await sandbox.close();
  });

  test("are who asks in a CanaryAction, filled in, and nobody else", async () => {
    const sandbox = await open({ dataFile: ":memory:", crds: serinCrds() });
    const anna = sandbox.as({ name: "anna" });
    const action = (name: string, by?: string): KubeObject => ({
      apiVersion: "serin.dev/v1alpha1",
      kind: "CanaryAction",
      metadata: { name, namespace: "default" },
      spec: { canaryRef: { name: "echo" }, verb: "abort", ...(by !== undefined && { by }) },
    });
    expect((await anna.create(CANARY_ACTIONS, action("a")))["spec"]).toMatchObject({ by: "anna" });
    await anna.create(CANARY_ACTIONS, action("b", "anna"));
    await expect(anna.create(CANARY_ACTIONS, action("c", "bert"))).rejects.toMatchObject({
      reason: "Invalid",
      causes: [{ field: "spec.by", message: expect.stringContaining('"anna"') as unknown }],
    });
    // A controller that writes status is no second author.
    const status = { type: "merge" as const, body: { metadata: { labels: { seen: "yes" } } } };
    const seen = await sandbox.cluster.patch(CANARY_ACTIONS, { namespace: "default", name: "a" }, status);
    expect(seen["spec"]).toMatchObject({ by: "anna" });
    await sandbox.close();
  });
});

describe("hostile input", () => {
  const refusals: [name: string, object: () => KubeObject, reason: string, message: RegExp][] = [
    [
      "10 MB",
      () => configMap("a", { data: { k: "x".repeat(10_000_000) } }),
      "RequestEntityTooLarge",
      /9\.5 MiB.*limit is 3145728/,
    ],
    [
      "nesting without end",
      () => configMap("a", { data: nested(100_000) }),
      "BadRequest",
      /nested deeper than 256 levels/,
    ],
    ["deep nesting", () => configMap("a", { data: nested(300) }), "BadRequest", /nested deeper than 256 levels/],
    [
      "__proto__",
      () =>
        JSON.parse(
          '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"},"data":{"__proto__":"x"}}',
        ) as KubeObject,
      "BadRequest",
      /"__proto__" is not supported/,
    ],
    ["a cycle", () => withCycle(configMap("a")), "BadRequest", /not valid JSON/],
    [
      "a Unicode name",
      () => configMap("ca\u0301nary"),
      "Invalid",
      /metadata\.name: Invalid value: .*RFC 1123 subdomain/,
    ],
    ["an empty name", () => configMap(""), "Invalid", /name or generateName is required/],
    ["a name of 300 letters", () => configMap("a".repeat(300)), "Invalid", /must be no more than 253 bytes/],
    [
      "a number as a label",
      () =>
        ({
          ...configMap("a"),
          metadata: { name: "a", namespace: "default", labels: { a: 1 } },
        }) as unknown as KubeObject,
      "BadRequest",
      /cannot unmarshal number into Go struct field ObjectMeta\.metadata\.labels of type string/,
    ],
    [
      "annotations beyond 256 KiB",
      () => ({
        ...configMap("a"),
        metadata: { name: "a", namespace: "default", annotations: { a: "x".repeat(300_000) } },
      }),
      "Invalid",
      /metadata\.annotations: Too long/,
    ],
    [
      "no namespace",
      () => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }),
      "BadRequest",
      /set metadata\.namespace/,
    ],
    [
      "another kind",
      () => ({ ...configMap("a"), kind: "Secret" }),
      "BadRequest",
      /Secret in version "v1" cannot be handled as a ConfigMap/,
    ],
    [
      "a constructor key",
      () => configMap("a", { constructor: { prototype: {} } }),
      "BadRequest",
      /unknown field "constructor"/,
    ],
  ];

  test.each(refusals)("%s is refused and stores nothing", async (_name, object, reason, message) => {
    const sandbox = await open({ dataFile: ":memory:" });
    const call = sandbox.cluster.create(CONFIG_MAPS, object(), { fieldValidation: "Strict" });
    await expect(call).rejects.toMatchObject({ reason, message: expect.stringMatching(message) as unknown });
    expect((await sandbox.cluster.list(CONFIG_MAPS)).items).toEqual([]);
    await sandbox.close();
  });

  test("what is handed out can't be changed", async () => {
    const sandbox = await open({ dataFile: ":memory:" });
    const created = await sandbox.cluster.create(CONFIG_MAPS, configMap("a", { data: { k: "v" } }));
    expect(() => ((created["data"] as Record<string, string>)["k"] = "w")).toThrow(TypeError);
    expect(() => (created.metadata.labels = {})).toThrow(TypeError);
    await sandbox.close();
  });
});

function nested(depth: number): unknown {
  let value: unknown = "x";
  for (let i = 0; i < depth; i++) value = { k: value };
  return value;
}

function withCycle(object: KubeObject): KubeObject {
  object["data"] = object;
  return object;
}
