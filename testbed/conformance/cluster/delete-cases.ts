// Deletion: preconditions, finalizers, grace, owners, namespaces.

import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/core/kubernetes/object.ts";
import { CONFIG_MAPS, NAMESPACES, PODS } from "../../../src/core/kubernetes/resource.ts";
import type { Cluster } from "../../../src/ports/cluster.ts";
import { type Case, configMap, eventually, refused } from "./case.ts";

/** An owner and a dependent that names it. */
async function family(cluster: Cluster, namespace: string): Promise<{ owner: KubeObject; child: KubeObject }> {
  const owner = await cluster.create(CONFIG_MAPS, configMap(namespace, "owner"));
  const child = configMap(namespace, "child");
  const { name, uid } = owner.metadata;
  child.metadata.ownerReferences = [
    { apiVersion: "v1", kind: "ConfigMap", name, uid: uid!, controller: true, blockOwnerDeletion: true },
  ];
  return { owner, child: await cluster.create(CONFIG_MAPS, child) };
}

function isGone(cluster: Cluster, { metadata }: KubeObject): Promise<void> {
  return eventually(async () => void (await refused(cluster.get(CONFIG_MAPS, metadata), "NotFound")));
}

export const DELETE_CASES: Case[] = [
  {
    name: "a delete removes, and a second one is NotFound",
    async run({ cluster, namespace }) {
      const { metadata } = await cluster.create(CONFIG_MAPS, configMap(namespace, "a"));
      await cluster.delete(CONFIG_MAPS, metadata);
      await refused(cluster.get(CONFIG_MAPS, metadata), "NotFound");
      await refused(cluster.delete(CONFIG_MAPS, metadata), "NotFound");
    },
  },
  {
    name: "preconditions that don't hold are a Conflict",
    async run({ cluster, namespace }) {
      const { metadata } = await cluster.create(CONFIG_MAPS, configMap(namespace, "a"));
      await refused(cluster.delete(CONFIG_MAPS, metadata, { preconditions: { uid: "other" } }), "Conflict");
      await refused(cluster.delete(CONFIG_MAPS, metadata, { preconditions: { resourceVersion: "1" } }), "Conflict");
      const { uid, resourceVersion } = metadata;
      await cluster.delete(CONFIG_MAPS, metadata, { preconditions: { uid: uid!, resourceVersion: resourceVersion! } });
    },
  },
  {
    name: "a finalizer holds the object; its removal lets it go",
    async run({ cluster, namespace }) {
      const held = configMap(namespace, "a");
      held.metadata.finalizers = ["example.com/hold"];
      const { metadata } = await cluster.create(CONFIG_MAPS, held);
      await cluster.delete(CONFIG_MAPS, metadata);
      const marked = await cluster.get(CONFIG_MAPS, metadata);
      assert.match(marked.metadata.deletionTimestamp!, /Z$/);
      assert.deepEqual(marked.metadata.finalizers, ["example.com/hold"]);
      const more = { metadata: { finalizers: ["example.com/hold", "example.com/more"] } };
      await refused(cluster.patch(CONFIG_MAPS, metadata, { type: "merge", body: more }), "Invalid");
      await cluster.patch(CONFIG_MAPS, metadata, { type: "merge", body: { metadata: { finalizers: null } } });
      await refused(cluster.get(CONFIG_MAPS, metadata), "NotFound");
    },
  },
  {
    name: "a scheduled pod is marked with its grace period and goes with grace 0",
    async run({ cluster, namespace }) {
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", namespace },
        spec: {
          nodeName: "some-node",
          terminationGracePeriodSeconds: 7,
          automountServiceAccountToken: false,
          containers: [{ name: "app", image: "example.com/app:1" }],
        },
      };
      const { metadata } = await cluster.create(PODS, pod);
      await cluster.delete(PODS, metadata);
      const marked = await cluster.get(PODS, metadata);
      assert.equal(marked.metadata.deletionGracePeriodSeconds, 7);
      await cluster.delete(PODS, metadata, { gracePeriodSeconds: 3 });
      assert.equal((await cluster.get(PODS, metadata)).metadata.deletionGracePeriodSeconds, 3);
      await cluster.delete(PODS, metadata, { gracePeriodSeconds: 0 });
      await refused(cluster.get(PODS, metadata), "NotFound");
    },
  },
  {
    name: "a pod that is scheduled nowhere goes at once",
    async run({ cluster, namespace }) {
      const spec = {
        schedulerName: "nobody",
        automountServiceAccountToken: false,
        containers: [{ name: "app", image: "example.com/app:1" }],
      };
      const { metadata } = await cluster.create(PODS, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", namespace },
        spec,
      });
      await cluster.delete(PODS, metadata);
      await refused(cluster.get(PODS, metadata), "NotFound");
    },
  },
  {
    name: "background: dependents go after their owner",
    needs: "controllers",
    async run({ cluster, namespace }) {
      const { owner, child } = await family(cluster, namespace);
      await cluster.delete(CONFIG_MAPS, owner.metadata, { propagationPolicy: "Background" });
      await refused(cluster.get(CONFIG_MAPS, owner.metadata), "NotFound");
      await isGone(cluster, child);
    },
  },
  {
    name: "foreground: the owner waits for a dependent that blocks it",
    needs: "controllers",
    async run({ cluster, namespace }) {
      const { owner, child } = await family(cluster, namespace);
      await cluster.patch(CONFIG_MAPS, child.metadata, {
        type: "merge",
        body: { metadata: { finalizers: ["example.com/hold"] } },
      });
      await cluster.delete(CONFIG_MAPS, owner.metadata, { propagationPolicy: "Foreground" });
      await eventually(async () => {
        const waiting = await cluster.get(CONFIG_MAPS, child.metadata);
        assert.notEqual(waiting.metadata.deletionTimestamp, undefined);
      });
      assert.deepEqual((await cluster.get(CONFIG_MAPS, owner.metadata)).metadata.finalizers, ["foregroundDeletion"]);
      await cluster.patch(CONFIG_MAPS, child.metadata, { type: "merge", body: { metadata: { finalizers: null } } });
      await isGone(cluster, child);
      await isGone(cluster, owner);
    },
  },
  {
    name: "orphan: dependents stay and forget their owner",
    needs: "controllers",
    async run({ cluster, namespace }) {
      const { owner, child } = await family(cluster, namespace);
      await cluster.delete(CONFIG_MAPS, owner.metadata, { propagationPolicy: "Orphan" });
      await isGone(cluster, owner);
      assert.equal((await cluster.get(CONFIG_MAPS, child.metadata)).metadata.ownerReferences, undefined);
    },
  },
  {
    name: "a dependent of an owner that never was goes",
    needs: "controllers",
    async run({ cluster, namespace }) {
      const stray = configMap(namespace, "stray");
      stray.metadata.ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "ghost", uid: "1-2-3" }];
      await cluster.create(CONFIG_MAPS, stray);
      await isGone(cluster, stray);
    },
  },
  {
    name: "a namespace takes its content with it and admits nothing new meanwhile",
    needs: "controllers",
    async run({ cluster, namespace }) {
      const name = `${namespace}-inner`;
      await cluster.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      const held = configMap(name, "held");
      held.metadata.finalizers = ["example.com/hold"];
      await cluster.create(CONFIG_MAPS, held);
      await cluster.create(CONFIG_MAPS, configMap(name, "free"));
      await cluster.delete(NAMESPACES, { name });
      await isGone(cluster, configMap(name, "free"));
      const terminating = await cluster.get(NAMESPACES, { name });
      assert.equal((terminating["status"] as { phase: string }).phase, "Terminating");
      const error = await refused(cluster.create(CONFIG_MAPS, configMap(name, "late")), "Forbidden");
      assert.match(error.message, /because it is being terminated/);
      await cluster.patch(CONFIG_MAPS, held.metadata, { type: "merge", body: { metadata: { finalizers: null } } });
      await eventually(async () => void (await refused(cluster.get(NAMESPACES, { name }), "NotFound")));
    },
  },
  {
    name: "the first namespace can't be deleted",
    async run({ cluster }) {
      await refused(cluster.delete(NAMESPACES, { name: "default" }), "Forbidden");
    },
  },
];
