// @kubernetes/client-node follows the sandbox: an informer through additions, changes, deletions, a lost history and a
// restart of the server; and its typed clients write.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { startSandboxApi } from "./sandbox-api.ts";

const configMap = (name: string, value: string): V1ConfigMap => ({ metadata: { name }, data: { value } });

test("an informer follows additions, changes, deletions and a restart of the server", async () => {
  const home = mkdtempSync(join(tmpdir(), "serin-informer-"));
  let api = await startSandboxApi({ home });
  const port = Number(new URL(api.url).port);
  const config = new KubeConfig();
  config.loadFromFile(api.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedConfigMap({ namespace: "default", body: configMap("before", "1") });

  const informer = makeInformer(config, "/api/v1/namespaces/default/configmaps", () =>
    core.listNamespacedConfigMap({ namespace: "default" }),
  );
  const told: string[] = [];
  informer.on("add", (object) => told.push(`add ${object.metadata?.name}`));
  informer.on("update", (object) => told.push(`update ${object.metadata?.name} ${object.data?.value}`));
  informer.on("delete", (object) => told.push(`delete ${object.metadata?.name}`));
  // The informer stops at errors like a refused connection and must be started again (see its documentation).
  informer.on("error", () => void sleep(100).then(() => informer.start()));
  const has = async (wanted: string) => {
    for (let left = 200; !told.includes(wanted); left -= 1) {
      if (left === 0) throw new Error(`not told "${wanted}", but ${JSON.stringify(told)}`);
      await sleep(50);
    }
  };
  try {
    await informer.start();
    await has("add before");
    await core.createNamespacedConfigMap({ namespace: "default", body: configMap("new", "1") });
    await has("add new");
    await core.replaceNamespacedConfigMap({ namespace: "default", name: "new", body: configMap("new", "2") });
    await has("update new 2");
    await core.deleteNamespacedConfigMap({ namespace: "default", name: "before" });
    await has("delete before");

    await api.stop();
    api = await startSandboxApi({ home, port });
    await core.createNamespacedConfigMap({ namespace: "default", body: configMap("after", "1") });
    await has("add after");
    await core.deleteNamespacedConfigMap({ namespace: "default", name: "new" });
    await has("delete new");
    expect(informer.list("default").map((each) => each.metadata?.name)).toEqual(["after"]);
    expect(told.filter((each) => each === "add new")).toHaveLength(1);
    expect(api.complaints).toEqual([]);
  } finally {
    await informer.stop();
    await api.stop();
    rmSync(home, { recursive: true });
  }
});

test("typed clients: create, scale, patch, and errors with the server's words", async () => {
  const api = await startSandboxApi();
  try {
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfig);
    const apps = config.makeApiClient(AppsV1Api);
    const container = { name: "app", image: "one" };
    const template = { metadata: { labels: { app: "typed" } }, spec: { containers: [container] } };
    const body = { metadata: { name: "typed" }, spec: { selector: { matchLabels: { app: "typed" } }, template } };
    const made = await apps.createNamespacedDeployment({ namespace: "default", body });
    expect([made.spec?.replicas, made.metadata?.creationTimestamp instanceof Date]).toEqual([1, true]);
    const target = { namespace: "default", name: "typed" };
    const scaled = await apps.patchNamespacedDeploymentScale(
      { ...target, body: { spec: { replicas: 3 } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    expect([scaled.kind, scaled.spec?.replicas]).toEqual(["Scale", 3]);
    const applied = await apps.patchNamespacedDeployment(
      { ...target, fieldManager: "test", force: true, body: { apiVersion: "apps/v1", kind: "Deployment", ...body } },
      setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
    );
    expect(applied.metadata?.managedFields?.some((each) => each.operation === "Apply" && each.manager === "test")).toBe(
      true,
    );
    await expect(apps.readNamespacedDeployment({ ...target, name: "nope" })).rejects.toThrow(
      /deployments\.apps \\+"nope\\+" not found/,
    );
  } finally {
    await api.stop();
  }
});
