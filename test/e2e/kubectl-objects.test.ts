// Real kubectl against the sandbox API: everything about objects that needs no running pods.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kubectl, kubectlOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let kubectl: Kubectl;

beforeAll(async () => {
  api = await startSandboxApi();
  kubectl = kubectlOf(api);
});

afterAll(async () => {
  expect(api.complaints).toEqual([]);
  await api.stop();
});

const configMap = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {${data}}\n`;

test("version, cluster-info and whoami", async () => {
  expect(await kubectl("version")).toMatch(/Server Version: v1\.3\d\.\d+\+serin/);
  expect(await kubectl("cluster-info")).toContain(api.url);
  const who = await kubectl("auth", "whoami", "-o", "json");
  expect(JSON.parse(who).status.userInfo.groups).toEqual(["system:masters", "system:authenticated"]);
  expect(await kubectl("auth", "can-i", "delete", "pods")).toBe("yes\n");
  const other = await kubectl("auth", "whoami", "--as=bob", "--as-group=dev", "--as-group=ops", "-o", "json");
  expect(JSON.parse(other).status.userInfo).toEqual({
    username: "bob",
    groups: ["dev", "ops", "system:authenticated"],
  });
  expect(await kubectl("config", "current-context")).toBe("serin-sandbox\n");
});

test("api-resources and api-versions, from built-in kinds and definitions", async () => {
  const table = await kubectl("api-resources", "--cached=false");
  expect(table).toMatch(/^pods +po +v1 +true +Pod$/m);
  expect(table).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
  expect(table).toMatch(/^virtualservices +vs +networking.istio.io\/v1 +true +VirtualService$/m);
  expect(table).toMatch(/^canaries +srn +serin.dev\/v1alpha1 +true +Canary$/m);
  expect(await kubectl("api-resources", "--categories=serin", "-o", "name")).toBe(
    "canaries.serin.dev\ncanaryactions.serin.dev\n",
  );
  expect((await kubectl("api-versions")).split("\n")).toEqual(
    expect.arrayContaining(["apps/v1", "serin.dev/v1alpha1", "v1"]),
  );
});

test("client-side apply: created, unchanged, configured, and fields left out are taken back", async () => {
  expect(await kubectl.with(configMap("csa", "a: '1', b: '2'"), "apply", "-f", "-")).toBe("configmap/csa created\n");
  expect(await kubectl.with(configMap("csa", "a: '1', b: '2'"), "apply", "-f", "-")).toBe("configmap/csa unchanged\n");
  expect(await kubectl.with(configMap("csa", "a: '3'"), "apply", "-f", "-")).toBe("configmap/csa configured\n");
  expect(JSON.parse(await kubectl("get", "cm", "csa", "-o", "jsonpath={.data}"))).toEqual({ a: "3" });
});

test("client-side apply of a built-in list merges by key: a field of somebody else stays", async () => {
  const deployment = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: merged}
spec:
  selector: {matchLabels: {app: merged}}
  template:
    metadata: {labels: {app: merged}}
    spec: {containers: [{name: app, image: "${image}"}]}
`;
  await kubectl.with(deployment("one"), "apply", "-f", "-");
  await kubectl("set", "env", "deployment/merged", "COLOUR=green");
  await kubectl.with(deployment("two"), "apply", "-f", "-");
  const container = JSON.parse(
    await kubectl("get", "deploy", "merged", "-o", "jsonpath={.spec.template.spec.containers[0]}"),
  );
  expect(container).toMatchObject({ name: "app", image: "two", env: [{ name: "COLOUR", value: "green" }] });
});

test("server-side apply: owners, a conflict that names them, force", async () => {
  expect(
    await kubectl.with(configMap("ssa", "a: '1'"), "apply", "--server-side", "-f", "-", "--field-manager=first"),
  ).toBe("configmap/ssa serverside-applied\n");
  const second = ["apply", "--server-side", "-f", "-", "--field-manager=second"];
  const refused = await kubectl.run(second, configMap("ssa", "a: '2'"));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('conflict with "first": .data.a');
  await kubectl.with(configMap("ssa", "a: '2'"), ...second, "--force-conflicts");
  const managers = await kubectl(
    "get",
    "cm",
    "ssa",
    "-o",
    "jsonpath={.metadata.managedFields[*].manager}",
    "--show-managed-fields",
  );
  expect(managers).toContain("second");
  expect(await kubectl("get", "cm", "ssa", "-o", "jsonpath={.data.a}")).toBe("2");
});

test("create, from files and by generators that speak protobuf", async () => {
  expect(await kubectl.with(configMap("made", "a: b"), "create", "-f", "-")).toBe("configmap/made created\n");
  const again = await kubectl.run(["create", "-f", "-"], configMap("made", "a: b"));
  expect(again.stderr).toContain('configmaps "made" already exists');
  expect(await kubectl("create", "namespace", "made")).toBe("namespace/made created\n");
  await kubectl("create", "deployment", "web", "-n", "made", "--image=example/web:1", "--replicas=3", "--port=8080");
  await kubectl("create", "configmap", "conf", "-n", "made", "--from-literal=k=v", "--from-literal=empty=");
  await kubectl("create", "secret", "generic", "pass", "-n", "made", "--from-literal=word=hush");
  await kubectl("create", "service", "clusterip", "web", "-n", "made", "--tcp=80:http");
  const web = JSON.parse(await kubectl("get", "deploy", "web", "-n", "made", "-o", "json"));
  expect(web.spec).toMatchObject({
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: { spec: { containers: [{ name: "web", image: "example/web:1", ports: [{ containerPort: 8080 }] }] } },
  });
  expect(JSON.parse(await kubectl("get", "cm", "conf", "-n", "made", "-o", "jsonpath={.data}"))).toEqual({
    k: "v",
    empty: "",
  });
  expect(await kubectl("get", "secret", "pass", "-n", "made", "-o", "jsonpath={.data.word}")).toBe(btoa("hush"));
  expect(await kubectl("get", "svc", "web", "-n", "made", "-o", "jsonpath={.spec.ports[0].targetPort}")).toBe("http");
  expect(await kubectl("delete", "namespace", "made")).toContain('namespace "made" deleted');
  expect((await kubectl.run(["get", "deploy", "web", "-n", "made"])).stderr).toContain("not found");
});

test("get: table, wide, json, yaml, name, jsonpath, custom columns, selectors, sorted and in pages", async () => {
  for (const name of ["g1", "g2", "g3"]) await kubectl.with(configMap(name, `key: ${name}`), "create", "-f", "-");
  await kubectl("label", "cm", "g1", "g2", "g3", "set=g");
  await kubectl("label", "cm", "g2", "colour=red");
  const get = ["get", "cm", "-l", "set=g"];
  expect(await kubectl(...get)).toMatch(/^NAME +DATA +AGE\ng1 +1 +\d+s\ng2 +1 +\d+s\ng3 +1 +\d+s\n$/);
  expect(await kubectl(...get, "--chunk-size=1", "-o", "name")).toBe("configmap/g1\nconfigmap/g2\nconfigmap/g3\n");
  expect(await kubectl("get", "cm", "-l", "set=g,colour!=red", "-o", "name")).toBe("configmap/g1\nconfigmap/g3\n");
  expect(await kubectl("get", "cm", "--field-selector=metadata.name=g2", "-o", "jsonpath={.items[*].data.key}")).toBe(
    "g2",
  );
  expect(await kubectl(...get, "-o", "custom-columns=N:.metadata.name", "--sort-by=.metadata.name")).toBe(
    "N\ng1\ng2\ng3\n",
  );
  expect(JSON.parse(await kubectl(...get, "-o", "json")).items).toHaveLength(3);
  expect(await kubectl("get", "cm", "g1", "-o", "yaml")).toContain("data:\n  key: g1\n");
  expect(await kubectl("get", "cm", "-L", "colour", "-l", "set=g")).toMatch(/g2 +1 +\d+s +red/);
  expect(await kubectl("get", "cm", "-A", "-l", "set=g", "--no-headers")).toMatch(/^default +g1/);
  expect(await kubectl("get", "ns,cm", "-l", "set=g", "--ignore-not-found", "-o", "name")).toContain("configmap/g1");
  expect(await kubectl("get", "--raw", "/healthz")).toBe("ok");
});

test("custom resources print their columns, explain their schema and refuse what their rules forbid", async () => {
  const canary = (steps: string) => `
apiVersion: serin.dev/v1alpha1
kind: Canary
metadata: {name: echo}
spec: {versions: {stable: echo-v1, canary: echo-v2}, strategy: {steps: ${steps}}}
`;
  await kubectl.with(canary("[{setWeight: 20}]"), "apply", "-f", "-");
  expect(await kubectl("get", "srn")).toMatch(/^NAME +PHASE +STEP +WEIGHT +MESSAGE +AGE\necho /);
  const wrong = await kubectl.run(["apply", "-f", "-"], canary("[{setWeight: 120}]"));
  expect(wrong.stderr).toContain("spec.strategy.steps[0].setWeight");
  const unknown = await kubectl.run(["apply", "-f", "-"], canary("[{setWait: 1}]"));
  expect(unknown.stderr).toContain('unknown field "spec.strategy.steps[0].setWait"');
  expect(await kubectl("explain", "canary.spec.strategy.steps.setWeight")).toMatch(/FIELD: setWeight <integer>/);
  expect(await kubectl("explain", "deployment.spec.strategy.rollingUpdate")).toContain("maxSurge");
  expect(await kubectl("explain", "pod", "--recursive")).toContain("terminationGracePeriodSeconds");
});

test("patch of every type, label, annotate, set image, replace, edit by scale", async () => {
  await kubectl("create", "deployment", "patched", "--image=one");
  await kubectl("annotate", "deployment", "patched", "note=first");
  const patch = ["patch", "deployment", "patched"];
  await kubectl(
    ...patch,
    "-p",
    '{"spec":{"template":{"spec":{"containers":[{"name":"one","env":[{"name":"A","value":"1"}]}]}}}}',
  );
  await kubectl(...patch, "--type=merge", "-p", '{"spec":{"replicas":4}}');
  await kubectl(...patch, "--type=json", "-p", '[{"op":"add","path":"/metadata/annotations/by","value":"json"}]');
  await kubectl("label", "deployment", "patched", "tier=front");
  await kubectl("annotate", "deployment", "patched", "note=hello", "--overwrite");
  await kubectl("set", "image", "deployment/patched", "one=two");
  const found = JSON.parse(await kubectl("get", "deploy", "patched", "-o", "json"));
  expect(found.metadata).toMatchObject({ labels: { tier: "front" }, annotations: { by: "json", note: "hello" } });
  expect(found.spec.replicas).toBe(4);
  expect(found.spec.template.spec.containers).toMatchObject([
    { name: "one", image: "two", env: [{ name: "A", value: "1" }] },
  ]);
  expect(await kubectl("scale", "deployment", "patched", "--replicas=2", "--current-replicas=4")).toContain("scaled");
  const stale = await kubectl.run(["scale", "deployment", "patched", "--replicas=9", "--current-replicas=4"]);
  expect(stale.code).toBe(1);
  expect(await kubectl("get", "deploy", "patched", "-o", "jsonpath={.spec.replicas}", "--subresource=scale")).toBe("2");
  const failed = await kubectl.run([
    ...patch,
    "--type=json",
    "-p",
    '[{"op":"test","path":"/spec/replicas","value":7}]',
  ]);
  expect(failed.code).toBe(1);
  // kubectl shows the message only of refusals that name no field.
  expect(failed.stderr).toMatch(/^The request is invalid: .*\/spec\/replicas/);
  const custom = await kubectl.run(["patch", "canary", "echo", "--type=strategic", "-p", "{}"]);
  expect(custom.stderr).toContain("unknown format");
  expect(await kubectl("label", "deployment", "patched", "tier-")).toContain("unlabeled");
});

test("dry runs change nothing, diff shows what would", async () => {
  await kubectl.with(configMap("dry", "a: '1'"), "apply", "-f", "-");
  expect(await kubectl.with(configMap("dry", "a: '2'"), "apply", "-f", "-", "--dry-run=server")).toContain(
    "(server dry run)",
  );
  expect(await kubectl("delete", "cm", "dry", "--dry-run=server")).toContain("(server dry run)");
  expect(await kubectl("get", "cm", "dry", "-o", "jsonpath={.data.a}")).toBe("1");
  const diff = await kubectl.run(["diff", "-f", "-"], configMap("dry", "a: '2'"));
  expect(diff.code).toBe(1);
  expect(diff.stdout).toContain('-  a: "1"\n+  a: "2"');
  expect((await kubectl.run(["diff", "-f", "-"], configMap("dry", "a: '1'"))).code).toBe(0);
});

test("unknown and doubled fields: refused by name, warned about, or ignored", async () => {
  const wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: strict}\nfoo: bar\n";
  const strict = await kubectl.run(["create", "-f", "-"], wrong);
  expect(strict.stderr).toContain('unknown field "foo"');
  const warned = await kubectl.run(["create", "-f", "-", "--validate=warn"], wrong);
  expect([warned.code, warned.stderr]).toEqual([0, 'Warning: unknown field "foo"\n']);
  const ignored = await kubectl.run(["replace", "-f", "-", "--validate=false"], wrong);
  expect([ignored.code, ignored.stderr]).toEqual([0, ""]);
});

test("get -w and wait follow changes as tables", async () => {
  await kubectl.with(configMap("seen", "a: '1'"), "create", "-f", "-");
  const watching = kubectl.follow("get", "cm", "seen", "-w", "--output-watch-events");
  await watching.until(/ADDED +seen +1 /);
  await kubectl.with(configMap("seen", "a: '1', b: '2'"), "apply", "-f", "-");
  await watching.until(/MODIFIED +seen +2 /);
  await kubectl("delete", "cm", "seen");
  await watching.until(/DELETED +seen +2 /);
  expect(watching.text().match(/EVENT +NAME +DATA +AGE/g)).toHaveLength(1);
  await watching.stop();

  await kubectl.with(configMap("awaited", "state: waiting"), "create", "-f", "-");
  const waiting = kubectl.follow("wait", "--for=jsonpath={.data.state}=ready", "cm/awaited", "--timeout=20s");
  await kubectl("patch", "cm", "awaited", "--type=merge", "-p", '{"data":{"state":"ready"}}');
  expect(await waiting.exited).toBe(0);
  const gone = kubectl.follow("wait", "--for=delete", "cm/awaited", "--timeout=20s");
  await kubectl("delete", "cm", "awaited");
  expect(await gone.exited).toBe(0);
  const late = await kubectl.run(["wait", "--for=jsonpath={.data.state}=ready", "cm/csa", "--timeout=1s"]);
  expect(late.stderr).toContain("timed out");
});

test("delete: by name, by selector, with finalizers that hold, with a namespace's contents", async () => {
  for (const name of ["x1", "x2", "x3"]) await kubectl.with(configMap(name, "a: b"), "create", "-f", "-");
  await kubectl("label", "cm", "x1", "x2", "del=yes");
  expect(await kubectl("delete", "cm", "-l", "del=yes")).toMatch(/"x1" deleted.*\n.*"x2" deleted/);
  expect((await kubectl.run(["delete", "cm", "x1"])).stderr).toContain('configmaps "x1" not found');
  await kubectl("patch", "cm", "x3", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}');
  await kubectl("delete", "cm", "x3", "--wait=false");
  expect(await kubectl("get", "cm", "x3", "-o", "jsonpath={.metadata.deletionTimestamp}")).not.toBe("");
  const deleting = kubectl.follow("delete", "cm", "x3");
  await deleting.until(/"x3" deleted/);
  await kubectl("patch", "cm", "x3", "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
  expect(await deleting.exited).toBe(0);
  await kubectl("create", "ns", "going");
  await kubectl.with(configMap("inside", "a: b"), "create", "-n", "going", "-f", "-");
  await kubectl("delete", "cm", "--all", "-n", "going");
  expect((await kubectl.run(["get", "cm", "-n", "going", "-o", "name"])).stdout).toBe("");
  await kubectl("delete", "ns", "going", "--timeout=20s");
});

test("describe and get events", async () => {
  await kubectl("create", "deployment", "told", "--image=x");
  const uid = await kubectl("get", "deploy", "told", "-o", "jsonpath={.metadata.uid}");
  const event = `
apiVersion: v1
kind: Event
metadata: {name: told.1}
involvedObject: {apiVersion: apps/v1, kind: Deployment, name: told, namespace: default, uid: ${uid}}
reason: Told
message: it was told
type: Warning
count: 2
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "${new Date().toISOString().slice(0, 19)}Z"
source: {component: test}
`;
  await kubectl.with(event, "create", "-f", "-");
  expect(await kubectl("get", "events")).toMatch(
    /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\d+s +Warning +Told +deployment\/told +it was told\n/,
  );
  expect(await kubectl("events", "--for=deployment/told")).toContain("it was told");
  const described = await kubectl("describe", "deployment", "told");
  expect(described).toMatch(/Name: +told\n/);
  expect(described).toMatch(/Warning +Told .* it was told/);
  expect(await kubectl("describe", "cm", "csa")).toContain("Name:         csa");
  expect(await kubectl("describe", "canary", "echo")).toContain("API Version:  serin.dev/v1alpha1");
});
