// Server-side apply: owners, conflicts, force, and what goes when nobody owns it any more.

import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS, DEPLOYMENTS } from "../../../src/core/kubernetes/resource.ts";
import { type Case, configMap, deployment, refused, TESTED } from "./case.ts";
import { installTries, TRIES, tryObject } from "./definition-cases.ts";

function data(object: KubeObject): unknown {
  return object["data"];
}

/** Each manager's entry as "name operation" to its fields. */
function owners({ metadata }: KubeObject): Record<string, unknown> {
  return Object.fromEntries(
    (metadata.managedFields ?? []).map(({ manager, operation, subresource, fieldsV1 }) => [
      [manager, operation, subresource].filter((part) => part !== undefined && part !== "").join(" "),
      fieldsV1,
    ]),
  );
}

export const APPLY_CASES: Case[] = [
  {
    name: "apply creates, owns what it names, and applying again changes nothing",
    async run({ cluster, namespace }) {
      const wanted = configMap(namespace, "a", { data: { k: "1" }, labels: { x: "y" } });
      const created = await cluster.apply(CONFIG_MAPS, wanted, { fieldManager: "me" });
      assert.deepEqual(owners(created), {
        "me Apply": { "f:data": { "f:k": {} }, "f:metadata": { "f:labels": { "f:x": {} } } },
      });
      const again = await cluster.apply(CONFIG_MAPS, wanted, { fieldManager: "me" });
      assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion);
    },
  },
  {
    name: "two managers apply different fields side by side",
    async run({ cluster, namespace }) {
      await cluster.apply(CONFIG_MAPS, configMap(namespace, "a", { data: { a: "1" } }), { fieldManager: "one" });
      const both = await cluster.apply(CONFIG_MAPS, configMap(namespace, "a", { data: { b: "2" } }), {
        fieldManager: "two",
      });
      assert.deepEqual(data(both), { a: "1", b: "2" });
    },
  },
  {
    name: "another's value is a Conflict that names who and where; force takes it over",
    async run({ cluster, namespace }) {
      await cluster.apply(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "1" } }), { fieldManager: "one" });
      const mine = configMap(namespace, "a", { data: { k: "2" } });
      const error = await refused(cluster.apply(CONFIG_MAPS, mine, { fieldManager: "two" }), "Conflict");
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "one": .data.k');
      assert.deepEqual(error.causes, [
        { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".data.k" },
      ]);
      const forced = await cluster.apply(CONFIG_MAPS, mine, { fieldManager: "two", force: true });
      assert.deepEqual([data(forced), Object.keys(owners(forced))], [{ k: "2" }, ["two Apply"]]);
    },
  },
  {
    name: "the same value is shared without a conflict and stays until the last owner lets go",
    async run({ cluster, namespace }) {
      const same = configMap(namespace, "a", { data: { k: "1" } });
      await cluster.apply(CONFIG_MAPS, same, { fieldManager: "one" });
      await cluster.apply(CONFIG_MAPS, same, { fieldManager: "two" });
      const none = configMap(namespace, "a", { data: { other: "x" } });
      assert.deepEqual(data(await cluster.apply(CONFIG_MAPS, none, { fieldManager: "one" })), { k: "1", other: "x" });
      const last = configMap(namespace, "a", { data: { two: "y" } });
      assert.deepEqual(data(await cluster.apply(CONFIG_MAPS, last, { fieldManager: "two" })), { other: "x", two: "y" });
    },
  },
  {
    name: "an update takes fields from who applied them, which a later apply hears as a conflict",
    async run({ cluster, namespace }) {
      const mine = configMap(namespace, "a", { data: { k: "1" } });
      const key = { namespace, name: "a" };
      await cluster.apply(CONFIG_MAPS, mine, { fieldManager: "gitops" });
      await cluster.patch(CONFIG_MAPS, key, { type: "merge", body: { data: { k: "2" } } }, { fieldManager: "person" });
      const error = await refused(cluster.apply(CONFIG_MAPS, mine, { fieldManager: "gitops" }), "Conflict");
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "person" using v1: .data.k');
    },
  },
  {
    name: "lists with keys merge item by item, fields inside have owners",
    async run({ cluster, namespace }) {
      await cluster.apply(DEPLOYMENTS, deployment(namespace, "a"), { fieldManager: "one" });
      const containers = [{ name: "app", env: [{ name: "A", value: "1" }] }];
      const extra = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "a", namespace },
        spec: { template: { spec: { containers } } },
      };
      const both = await cluster.apply(DEPLOYMENTS, extra, { fieldManager: "two" });
      const { spec } = both as unknown as { spec: { template: { spec: { containers: Record<string, unknown>[] } } } };
      assert.equal(spec.template.spec.containers.length, 1);
      assert.deepEqual(
        [spec.template.spec.containers[0]!["image"], spec.template.spec.containers[0]!["env"]],
        ["example.com/app:1", [{ name: "A", value: "1" }]],
      );
      const changed = {
        ...extra,
        spec: { template: { spec: { containers: [{ name: "app", image: "example.com/app:2" }] } } },
      };
      const error = await refused(cluster.apply(DEPLOYMENTS, changed, { fieldManager: "two" }), "Conflict");
      assert.equal(error.causes[0]!.field, '.spec.template.spec.containers[name="app"].image');
    },
  },
  {
    name: "a create's fields are owned by its manager, down to the leaves",
    async run({ cluster, namespace }) {
      const created = await cluster.create(DEPLOYMENTS, deployment(namespace, "a"), { fieldManager: "creator" });
      const { "creator Update": fields } = owners(created) as {
        "creator Update": { "f:spec": Record<string, unknown> };
      };
      assert.deepEqual(fields["f:spec"], {
        "f:progressDeadlineSeconds": {},
        "f:replicas": {},
        "f:revisionHistoryLimit": {},
        "f:selector": {},
        "f:strategy": { "f:rollingUpdate": { ".": {}, "f:maxSurge": {}, "f:maxUnavailable": {} }, "f:type": {} },
        "f:template": {
          "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
          "f:spec": {
            "f:containers": {
              'k:{"name":"app"}': {
                ".": {},
                "f:image": {},
                "f:imagePullPolicy": {},
                "f:name": {},
                "f:resources": {},
                "f:terminationMessagePath": {},
                "f:terminationMessagePolicy": {},
              },
            },
            "f:dnsPolicy": {},
            "f:restartPolicy": {},
            "f:schedulerName": {},
            "f:securityContext": {},
            "f:terminationGracePeriodSeconds": {},
          },
        },
      });
    },
  },
  {
    name: "status and scale writes are entries of their own",
    async run({ cluster, namespace }) {
      const { metadata } = await cluster.create(DEPLOYMENTS, deployment(namespace, "a"), { fieldManager: "creator" });
      const status = { type: "merge" as const, body: { status: { conditions: [TESTED] } } };
      await cluster.patch(DEPLOYMENTS, metadata, status, { fieldManager: "runtime", subresource: "status" });
      const replicas = { type: "merge" as const, body: { spec: { replicas: 5 } } };
      await cluster.patch(DEPLOYMENTS, metadata, replicas, { fieldManager: "hpa", subresource: "scale" });
      const found = owners(await cluster.get(DEPLOYMENTS, metadata));
      const { "f:status": statusFields, ...others } = found["runtime Update status"] as { "f:status": object };
      assert.deepEqual([Object.keys(statusFields), others], [["f:conditions"], {}]);
      assert.match(JSON.stringify(statusFields), /"k:\{\\"type\\":\\"Tested\\"\}"/);
      assert.deepEqual(found["hpa Update scale"], { "f:spec": { "f:replicas": {} } });
      assert.equal(Object.hasOwn((found["creator Update"] as { "f:spec": object })["f:spec"], "f:replicas"), false);
    },
  },
  {
    name: "an apply to the status path owns and changes status only",
    async run({ cluster, namespace }) {
      await installTries(cluster);
      await cluster.create(TRIES, tryObject(namespace, "a", { size: 1 }), { fieldManager: "creator" });
      const body = { ...tryObject(namespace, "a", { size: 9 }), status: { x: "y", replicas: 3 } };
      const options = { fieldManager: "runtime", subresource: "status" as const };
      const applied: KubeObject = await cluster.apply(TRIES, body, { ...options, force: true });
      assert.deepEqual(
        [(applied["spec"] as { size: number }).size, applied["status"], owners(applied)["runtime Apply status"]],
        [1, { x: "y", replicas: 3 }, { "f:status": { "f:replicas": {}, "f:x": {} } }],
      );
      const without = { ...body, status: { x: "z" } };
      const left: KubeObject = await cluster.apply(TRIES, without, { ...options, force: true });
      assert.deepEqual(left["status"], { x: "z" });
    },
  },
  {
    name: "a client may hand its ownership over, or clear all of it",
    async run({ cluster, namespace }) {
      const { metadata } = await cluster.create(CONFIG_MAPS, configMap(namespace, "a", { data: { k: "1" } }), {
        fieldManager: "old",
      });
      const entry = { ...metadata.managedFields![0]!, manager: "new", operation: "Apply" };
      const handOver = [{ op: "replace" as const, path: "/metadata/managedFields", value: [entry] }];
      const handed = await cluster.patch(
        CONFIG_MAPS,
        metadata,
        { type: "json", operations: handOver },
        { fieldManager: "old" },
      );
      assert.deepEqual(Object.keys(owners(handed)), ["new Apply"]);
      const clear = [{ op: "replace" as const, path: "/metadata/managedFields", value: [{}] }];
      const cleared = await cluster.patch(
        CONFIG_MAPS,
        metadata,
        { type: "json", operations: clear },
        { fieldManager: "old" },
      );
      assert.equal(cleared.metadata.managedFields, undefined);
    },
  },
  {
    name: "apply with a stale resourceVersion is a Conflict",
    async run({ cluster, namespace }) {
      await cluster.apply(CONFIG_MAPS, configMap(namespace, "a"), { fieldManager: "one" });
      const stale = configMap(namespace, "a", { data: { k: "1" } });
      stale.metadata.resourceVersion = "1";
      await refused(cluster.apply(CONFIG_MAPS, stale, { fieldManager: "one" }), "Conflict");
    },
  },
];
