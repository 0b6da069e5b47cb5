// The adapter inside a pod: the service account's folder and the two variables of the Service are all that it has.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../src/adapters/kubernetes/connect.ts";
import { CONFIG_MAPS } from "../../src/core/kubernetes/resource.ts";
import { Informer } from "../../src/informer/informer.ts";
import { realClock, SILENT } from "../../testbed/conformance/cluster/surroundings.ts";
import { type SandboxApi, startSandboxApi } from "./sandbox-api.ts";
import { type ServiceAccountDir, serviceAccountDir } from "./service-account-dir.ts";

let home: string;
let api: SandboxApi;
let account: ServiceAccountDir;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "serin-in-cluster-"));
  api = await startSandboxApi({ home });
  account = serviceAccountDir();
  mount();
});
afterEach(async () => {
  await api.stop();
  account.remove();
  rmSync(home, { recursive: true });
});

const port = () => new URL(api.url).port;

function mount(): void {
  const token = readFileSync(join(home, "token"), "utf8").trim();
  account.write({ token, "ca.crt": readFileSync(join(home, "tls", "ca.crt"), "utf8"), namespace: "serin-system" });
}

/** As in a pod: no home with a kubeconfig, no KUBECONFIG. */
function fromPod(host = "127.0.0.1") {
  const env = { HOME: home, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port() };
  return connect({ env, serviceAccountDir: account.path, clock: realClock });
}

const configMap = (name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
});

test("finds the server, trusts its authority, has a namespace", async () => {
  const { cluster, namespace, origin } = await fromPod();
  expect(namespace).toBe("serin-system");
  expect(origin).toMatchObject({ source: "the pod's service account", server: api.url });
  await cluster.create(CONFIG_MAPS, configMap("a"));
  expect((await cluster.list(CONFIG_MAPS, { namespace: "default" })).items).toHaveLength(1);
});

test("trusts no other authority", async () => {
  const token = readFileSync(join(home, "token"), "utf8").trim();
  const other = await startSandboxApi();
  account.write({ token, "ca.crt": readFileSync(join(other.home, "tls", "ca.crt"), "utf8"), namespace: "x" });
  await other.stop();
  const { cluster } = await fromPod();
  await expect(cluster.list(CONFIG_MAPS)).rejects.toThrow(/certificate/);
});

test("a token that the kubelet has renewed is taken as soon as the old one is refused, by requests and by watches", async () => {
  const { cluster } = await fromPod();
  const informer = new Informer({ cluster, resource: CONFIG_MAPS, clock: realClock, log: SILENT });
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  await informer.synced;
  const samePort = Number(port());
  await api.stop();
  writeFileSync(join(home, "token"), "x".repeat(43));
  api = await startSandboxApi({ home, port: samePort });
  // The server knows the new token only; the folder still holds the old one.
  await expect(cluster.list(CONFIG_MAPS)).rejects.toMatchObject({ reason: "Unauthorized" });
  mount();
  await cluster.create(CONFIG_MAPS, configMap("renewed"));
  await expect.poll(() => informer.get({ namespace: "default", name: "renewed" }), { timeout: 20_000 }).toBeDefined();
  stop.abort();
  await running;
});

test("without a service account there is no cluster, and the message says what to do", async () => {
  account.remove();
  await expect(fromPod()).rejects.toThrow(/no cluster is configured: .*serin up/);
  account = serviceAccountDir();
});
