import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseConfig } from "./choose-config.ts";

let folder: string;
const at = (name: string) => join(folder, name);

/** One cluster, one user, one context of this name. */
function config(name: string, extra = ""): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{name: ${name}, cluster: {server: "https://${name}.example.com", certificate-authority: certs/ca.crt}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: ns-${name}}}]
users: [{name: ${name}, user: {token: t-${name}}}]
${extra}`;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "serin-config-"));
  mkdirSync(at(".kube"));
  for (const name of ["one", "two", "sandbox"]) writeFileSync(at(name), config(name));
  writeFileSync(at(".kube/config"), config("home"));
  writeFileSync(at("also-one"), config("one").replace("one.example", "other.example"));
  writeFileSync(at("no-context"), config("x").replace("current-context: x\n", ""));
  writeFileSync(at("broken"), "clusters: [");
  writeFileSync(at("text"), "hello");
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = (kubeconfig?: string, home = folder) => ({
  HOME: home,
  ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
});

test("flag before KUBECONFIG before the running sandbox before ~/.kube/config", async () => {
  const all = { kubeconfig: at("one"), sandboxKubeconfig: at("sandbox"), env: env(at("two")) };
  expect(await chooseConfig(all)).toMatchObject({ server: "https://one.example.com", source: at("one") });
  expect(await chooseConfig({ ...all, kubeconfig: undefined })).toMatchObject({
    server: "https://two.example.com",
    source: `KUBECONFIG (${at("two")})`,
  });
  expect(await chooseConfig({ sandboxKubeconfig: at("sandbox"), env: env() })).toMatchObject({
    server: "https://sandbox.example.com",
    source: `the running sandbox (${at("sandbox")})`,
  });
  expect(await chooseConfig({ env: env() })).toMatchObject({
    server: "https://home.example.com",
    source: at(".kube/config"),
  });
});

test("a KUBECONFIG without any existing file is passed over, as kubectl does", async () => {
  expect((await chooseConfig({ env: env(at("nowhere")) })).source).toBe(at(".kube/config"));
});

test("several files are one: the first that sets a value wins, names of the others can be chosen", async () => {
  const listed = env([at("one"), at("missing"), at("also-one"), at("two")].join(delimiter));
  expect(await chooseConfig({ env: listed })).toMatchObject({ server: "https://one.example.com", namespace: "ns-one" });
  expect(await chooseConfig({ env: listed, context: "two" })).toMatchObject({
    server: "https://two.example.com",
    namespace: "ns-two",
  });
});

test("cluster and user of the context can be replaced one by one", async () => {
  const listed = env([at("one"), at("two")].join(delimiter));
  expect(await chooseConfig({ env: listed, cluster: "two" })).toMatchObject({
    server: "https://two.example.com",
    user: { token: "t-one" },
    namespace: "ns-one",
  });
  expect(await chooseConfig({ env: listed, user: "two" })).toMatchObject({
    server: "https://one.example.com",
    user: { token: "t-two" },
  });
});

test("files named in a kubeconfig are looked for beside it", async () => {
  expect((await chooseConfig({ kubeconfig: at("one"), env: {} })).cluster["certificate-authority"]).toBe(
    at("certs/ca.crt"),
  );
});

test.each([
  {
    name: "a context that is not there",
    options: { context: "tow" },
    says: 'context "tow" is not in FOLDER/one (there are: one)',
  },
  {
    name: "a cluster that is not there",
    options: { cluster: "x" },
    says: 'cluster "x" is not in FOLDER/one (there are: one)',
  },
  { name: "a user that is not there", options: { user: "x" }, says: 'user "x" is not in FOLDER/one (there are: one)' },
  {
    name: "no current-context",
    options: { kubeconfig: "no-context" },
    says: "has no current-context. Name one with --context (there are: x)",
  },
  { name: "no such file", options: { kubeconfig: "nowhere" }, says: "kubeconfig FOLDER/nowhere does not exist" },
  { name: "broken YAML", options: { kubeconfig: "broken" }, says: "kubeconfig FOLDER/broken is not valid YAML" },
  { name: "no map", options: { kubeconfig: "text" }, says: "kubeconfig FOLDER/text must be a map" },
])("$name is told with its cure", async ({ options, says }) => {
  const kubeconfig = at(options.kubeconfig ?? "one");
  await expect(chooseConfig({ env: {}, ...options, kubeconfig })).rejects.toThrow(says.replaceAll("FOLDER", folder));
});

test("nothing configured says how to begin", async () => {
  const nothing = chooseConfig({ env: env(undefined, at("empty-home")) });
  await expect(nothing).rejects.toMatchObject({ reason: "Unreachable" });
  await expect(nothing).rejects.toThrow("Start a sandbox with `serin up`");
});

test("last of all, in a pod: the Service of the API server, by IPv6 too, and the service account's files", async () => {
  mkdirSync(at("account"));
  writeFileSync(at("account/token"), "t");
  const inPod = { env: { HOME: at("nobody"), KUBERNETES_SERVICE_HOST: "fd00::1" }, serviceAccountDir: at("account") };
  expect(await chooseConfig(inPod)).toEqual({
    source: "the pod's service account",
    namespace: "default",
    server: "https://[fd00::1]:443",
    cluster: { server: "https://[fd00::1]:443", "certificate-authority": at("account/ca.crt") },
    user: { tokenFile: at("account/token") },
  });
  expect(await chooseConfig({ ...inPod, kubeconfig: at("one") })).toMatchObject({ source: at("one") });
});
