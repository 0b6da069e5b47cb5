// What changes while a process lives: token files, certificates, plugins.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VirtualClock } from "../../../testbed/sim/virtual-clock.ts";
import type { ChosenConfig } from "./choose-config.ts";
import { credentialsOf } from "./credentials.ts";
import type { KubeconfigCluster, KubeconfigUser } from "./kubeconfig-file.ts";

let folder: string;
let clock: VirtualClock;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "serin-credentials-"));
  clock = new VirtualClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

function credentials(user: KubeconfigUser, cluster: KubeconfigCluster = {}) {
  const config: ChosenConfig = { source: "a test", namespace: "default", server: "https://x", cluster, user };
  return credentialsOf(config, clock);
}

/** A plugin that counts its runs in a file and prints what `status` says, `RUN` standing for the count. */
function plugin(status: object, extra: object = {}): KubeconfigUser {
  const script = `const fs = require("node:fs");
    let run = 1;
    try { run = Number(fs.readFileSync(${JSON.stringify(at("runs"))}, "utf8")) + 1 } catch {}
    fs.writeFileSync(${JSON.stringify(at("runs"))}, String(run));
    const { apiVersion, kind, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    fs.writeFileSync(${JSON.stringify(at("spec"))}, JSON.stringify({ spec, extra: process.env.EXTRA }));
    const status = ${JSON.stringify(JSON.stringify(status))}.replaceAll("RUN", String(run));
    console.log(JSON.stringify({ apiVersion, kind, status: JSON.parse(status) }));`;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: process.execPath,
    args: ["-e", script],
    interactiveMode: "Never" as const,
    ...extra,
  };
  return { exec };
}

test("a token file is read again after a minute, and wins over a token beside it", async () => {
  writeFileSync(at("token"), "one\n");
  const { authorization } = credentials({ token: "old", tokenFile: at("token") });
  expect(await authorization()).toBe("Bearer one");
  writeFileSync(at("token"), "two\n");
  await clock.advance(59_000);
  expect(await authorization()).toBe("Bearer one");
  await clock.advance(2_000);
  expect(await authorization()).toBe("Bearer two");
});

test("a token file that is being written does not hurt; one that never was there is told", async () => {
  writeFileSync(at("token"), "one");
  const { authorization } = credentials({ tokenFile: at("token") });
  await authorization();
  writeFileSync(at("token"), "");
  await clock.advance(61_000);
  expect(await authorization()).toBe("Bearer one");
  await expect(credentials({ tokenFile: at("none") }).authorization()).rejects.toThrow(at("none"));
});

test("after a 401 the file is read at once, but not for a request that was sent with an older token", async () => {
  writeFileSync(at("token"), "one");
  const { authorization, refresh } = credentials({ tokenFile: at("token") });
  await authorization();
  writeFileSync(at("token"), "two");
  expect(refresh("Bearer one")).toBe(true);
  expect(await authorization()).toBe("Bearer two");
  writeFileSync(at("token"), "three");
  expect(refresh("Bearer one")).toBe(true);
  expect(await authorization()).toBe("Bearer two");
});

test("a token in the kubeconfig cannot get better", () => {
  expect(credentials({ token: "t" }).refresh("Bearer t")).toBe(false);
});

test("a plugin runs once until its credential ends, for many callers at once, and again after a 401", async () => {
  const expirationTimestamp = new Date(clock.now() + 600_000).toISOString();
  const { authorization, refresh } = credentials(plugin({ token: "t-RUN", expirationTimestamp }));
  expect(await Promise.all([authorization(), authorization()])).toEqual(["Bearer t-1", "Bearer t-1"]);
  await clock.advance(599_000);
  expect(await authorization()).toBe("Bearer t-1");
  await clock.advance(2_000);
  expect(await authorization()).toBe("Bearer t-2");
  refresh("Bearer t-2");
  refresh("Bearer t-2");
  expect(await authorization()).toBe("Bearer t-3");
});

test("a plugin without an end of its credential runs once, and is told its variables and the cluster", async () => {
  const user = plugin({ token: "t-RUN" }, { env: [{ name: "EXTRA", value: "yes" }], provideClusterInfo: true });
  const { authorization } = credentials(user, { server: "https://x", "tls-server-name": "y" });
  await authorization();
  await clock.advance(86_400_000);
  expect(await authorization()).toBe("Bearer t-1");
  expect(JSON.parse(readFileSync(at("spec"), "utf8"))).toEqual({
    spec: { interactive: false, cluster: { server: "https://x", "tls-server-name": "y" } },
    extra: "yes",
  });
});

test("a plugin may give a certificate", async () => {
  const { tls, authorization } = credentials(plugin({ clientCertificateData: "C-RUN", clientKeyData: "K-RUN" }));
  expect(await tls()).toMatchObject({ cert: "C-1", key: "K-1" });
  expect(await authorization()).toBeUndefined();
});

test.each([
  { name: "half a certificate", status: { clientCertificateData: "C" }, extra: {}, says: "without its key" },
  { name: "nothing", status: {}, extra: {}, says: "neither status.token" },
  {
    name: "no interactiveMode",
    status: { token: "t" },
    extra: { interactiveMode: undefined },
    says: "write Never, IfAvailable or Always",
  },
  {
    name: "a question without a terminal",
    status: { token: "t" },
    extra: { interactiveMode: "Always" },
    says: "standard input is no terminal",
  },
  {
    name: "an old protocol",
    status: { token: "t" },
    extra: { apiVersion: "client.authentication.k8s.io/v1alpha1" },
    says: "supported: client.authentication.k8s.io/v1",
  },
  { name: "no such command", status: {}, extra: { command: "serin-no-such-plugin" }, says: "cannot be started" },
])("a plugin with $name is told with its cure", async ({ status, extra, says }) => {
  const call = credentials(plugin(status, { installHint: "Install it.", ...extra })).authorization();
  await expect(call).rejects.toThrow(says);
});

test("certificates are looked at again after a minute; as long as they are the same so is the value", async () => {
  for (const name of ["ca", "cert", "key"]) writeFileSync(at(name), `${name} 1`);
  const user = { "client-certificate": at("cert"), "client-key": at("key") };
  const { tls } = credentials(user, { "certificate-authority": at("ca") });
  const first = await tls();
  expect(first).toMatchObject({ ca: "ca 1", cert: "cert 1", key: "key 1", rejectUnauthorized: true });
  await clock.advance(61_000);
  expect(await tls()).toBe(first);
  writeFileSync(at("cert"), "cert 2");
  writeFileSync(at("key"), "key 2");
  expect(await tls()).toBe(first);
  await clock.advance(61_000);
  expect(await tls()).toMatchObject({ ca: "ca 1", cert: "cert 2", key: "key 2" });
  rmSync(at("ca"));
  await clock.advance(61_000);
  expect(await tls()).toMatchObject({ ca: "ca 1", cert: "cert 2" });
});
