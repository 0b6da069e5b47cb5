// The rest of kubectl on the sandbox, with pods as processes: rollouts by hand, rights, cascades, columns, editors, lists.

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kubectl, kubectlOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

let api: SandboxApi;
let kubectl: Kubectl;

beforeAll(async () => {
  api = await startSandboxApi({ runtime: true });
  kubectl = kubectlOf(api);
  for (const name of ["web", "shop"]) await kubectl.with(echo(name), "apply", "-f", "-");
  for (const name of ["web", "shop"]) await kubectl("rollout", "status", `deploy/${name}`, "--timeout=30s");
});

afterAll(async () => {
  expect(api?.complaints).toEqual([]);
  await api?.stop();
});

const echo = (name: string, text = "one") => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: echo
          image: hashicorp/http-echo:1.0
          args: ["-listen=:8080", "-text=${text}"]
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /health, port: 8080}, periodSeconds: 1}
`;

const configMap = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {${data}}\n`;

/** A program that rewrites the file it is given. */
function editor(name: string, script: string): string {
  const file = join(api.home, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function edit(name: string, script: string, ...args: string[]) {
  process.env["KUBE_EDITOR"] = editor(name, script);
  try {
    return await kubectl.run(["edit", ...args]);
  } finally {
    delete process.env["KUBE_EDITOR"];
  }
}

test("rollout: history with causes, a revision in full, undo to one, pause, resume", async () => {
  const rollout = (verb: string, ...args: string[]) => kubectl("rollout", verb, "deploy/web", ...args);
  const textOf = () => kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0].args[1]}");
  await kubectl("annotate", "deploy/web", "kubernetes.io/change-cause=the first");
  await expect.poll(() => rollout("history")).toMatch(/\n1 +the first\n/);
  await kubectl.with(echo("web", "two"), "apply", "-f", "-");
  await kubectl("annotate", "deploy/web", "kubernetes.io/change-cause=text two", "--overwrite");
  await rollout("status", "--timeout=30s");
  await expect.poll(() => rollout("history")).toMatch(/REVISION +CHANGE-CAUSE\n1 +the first\n2 +text two\n/);
  expect(await rollout("history", "--revision=1")).toMatch(/Image:\s+hashicorp\/http-echo:1.0[^]*-text=one/);
  expect(await rollout("undo", "--to-revision=1", "--dry-run=server")).toContain("(server dry run)");
  expect(await textOf()).toBe("-text=two");
  expect(await rollout("undo", "--to-revision=1")).toBe("deployment.apps/web rolled back\n");
  await rollout("status", "--timeout=30s");
  expect(await textOf()).toBe("-text=one");
  expect(await rollout("history")).toMatch(/\n2 +text two\n3 +the first\n/);
  expect((await kubectl.run(["rollout", "undo", "deploy/web", "--to-revision=9"])).stderr).toContain(
    "unable to find specified revision 9",
  );

  expect(await rollout("pause")).toBe("deployment.apps/web paused\n");
  const replicaSets = () => kubectl("get", "rs", "-l", "app=web", "-o", "name");
  const before = await replicaSets();
  await kubectl("set", "env", "deploy/web", "COLOUR=red");
  await kubectl("set", "image", "deploy/web", "echo=hashicorp/http-echo:1.0.0");
  await kubectl("wait", "--for=condition=Progressing=Unknown", "deploy/web", "--timeout=10s");
  expect(await replicaSets()).toBe(before);
  expect((await kubectl.run(["rollout", "restart", "deploy/web"])).stderr).toContain("can't restart paused deployment");
  expect((await kubectl.run(["rollout", "pause", "deploy/web"])).stderr).toContain("is already paused");
  expect(await rollout("resume")).toBe("deployment.apps/web resumed\n");
  await rollout("status", "--timeout=30s");
  expect((await replicaSets()).split("\n").length).toBe(before.split("\n").length + 1);
  expect(await kubectl("set", "env", "deploy/web", "--list")).toContain("COLOUR=red");
});

test("set image and set resources on a file, without and with the server", async () => {
  const local = await kubectl.with(echo("web"), "set", "image", "--local", "-f", "-", "echo=other:2", "-o", "yaml");
  expect(local).toContain("image: other:2");
  const dry = ["set", "image", "deploy/shop", "*=other:3", "--dry-run=server", "-o", "jsonpath={..image}"];
  expect(await kubectl(...dry)).toContain("other:3");
  expect(await kubectl("get", "deploy", "shop", "-o", "jsonpath={..image}")).toBe("hashicorp/http-echo:1.0");
  expect((await kubectl.run(["set", "image", "deploy/shop", "nope=x"])).stderr).toContain(
    'unable to find container named "nope"',
  );
});

test("rights: everything is allowed to everybody who may speak", async () => {
  expect(await kubectl("auth", "can-i", "create", "deployments.apps", "--subresource=scale")).toBe("yes\n");
  expect(await kubectl("auth", "can-i", "patch", "virtualservices/echo", "-n", "other")).toBe("yes\n");
  expect(await kubectl("auth", "can-i", "get", "/healthz")).toBe("yes\n");
  const list = await kubectl("auth", "can-i", "--list");
  expect(list).toMatch(/^Resources +Non-Resource URLs +Resource Names +Verbs\n/);
  expect(list).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
  expect(list).toMatch(/^ +\[\*\] +\[\] +\[\*\]$/m);
});

test("delete in cascades: dependents first, or left to themselves", async () => {
  await kubectl.with(echo("falls"), "apply", "-f", "-");
  await kubectl("rollout", "status", "deploy/falls", "--timeout=30s");
  expect(await kubectl("delete", "deploy/falls", "--cascade=foreground", "--timeout=30s")).toContain('"falls" deleted');
  expect(await kubectl("get", "rs,pods", "-l", "app=falls", "-o", "name")).toBe("");

  await kubectl.with(echo("stays"), "apply", "-f", "-");
  await kubectl("rollout", "status", "deploy/stays", "--timeout=30s");
  const owned = () => kubectl("get", "rs,pods", "-l", "app=stays", "-o", "name");
  const before = await owned();
  await kubectl("delete", "deploy/stays", "--cascade=orphan");
  expect(await owned()).toBe(before);
  const owners = await kubectl("get", "rs", "-l", "app=stays", "-o", "jsonpath={.items[*].metadata.ownerReferences}");
  expect(owners).toBe("");
  // A Deployment that comes back takes them in again.
  await kubectl.with(echo("stays"), "apply", "-f", "-");
  await kubectl("rollout", "status", "deploy/stays", "--timeout=30s");
  expect(await owned()).toBe(before);
  await kubectl("delete", "deploy/stays", "--timeout=30s");
});

test("get: labels, fields, pages, custom columns, numbers sorted, go-template, several kinds", async () => {
  await kubectl("scale", "deploy/shop", "--replicas=3");
  await kubectl("rollout", "status", "deploy/shop", "--timeout=30s");
  expect(await kubectl("get", "deploy", "web", "--show-labels")).toMatch(/LABELS\nweb .* app=web\n/);
  const running = [
    "get",
    "pods",
    "--field-selector=status.phase=Running,spec.restartPolicy=Always",
    "-l",
    "app in (shop)",
  ];
  expect((await kubectl(...running, "--chunk-size=1", "--no-headers")).trim().split("\n")).toHaveLength(3);
  expect(await kubectl("get", "pods", "--field-selector=status.phase!=Running", "-o", "name")).toBe("");
  expect((await kubectl.run(["get", "pods", "--field-selector=spec.nope=1"])).stderr).toContain(
    "field label not supported",
  );
  const columns = "-o=custom-columns=NAME:.metadata.name,REPLICAS:.spec.replicas,NOPE:.spec.nope";
  expect(await kubectl("get", "deploy", columns, "--sort-by=.spec.replicas")).toBe(
    "NAME   REPLICAS   NOPE\nweb    1          <none>\nshop   3          <none>\n",
  );
  expect(await kubectl("get", "deploy", "--sort-by={.spec.replicas}", "--no-headers")).toMatch(/^web [^]*\nshop /);
  const template = "-o=go-template={{range .items}}{{.metadata.name}} {{end}}";
  expect(await kubectl("get", "deploy", template)).toBe("shop web ");
  expect(await kubectl("get", "all", "-l", "app=web")).toMatch(
    /pod\/web-[^]*deployment\.apps\/web[^]*replicaset\.apps\/web-/,
  );
  expect(await kubectl("get", "pods", "-l", "app=web", "-o", "wide")).toMatch(/NODE +NOMINATED NODE +READINESS GATES/);
});

test("edit: a change, none, a wrong one that is handed back, and the last applied", async () => {
  await kubectl.with(configMap("edited", "a: '1'"), "apply", "-f", "-");
  const changed = await edit("change", `sed -i 's/a: "1"/a: "2"/' "$1"`, "cm/edited");
  expect(changed).toMatchObject({ code: 0, stdout: "configmap/edited edited\n" });
  expect(await kubectl("get", "cm", "edited", "-o", "jsonpath={.data.a}")).toBe("2");
  expect((await edit("nothing", "true", "cm/edited")).stderr).toContain("Edit cancelled, no changes made");
  // The second time it is called the file carries the refusal as a comment.
  const wrong = await edit(
    "wrong",
    `cp "$1" ${join(api.home, "seen")}; sed -i 's/replicas: .*/replicas: -1/' "$1"`,
    "deploy/web",
  );
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toMatch(/deployments\.apps "web" was not valid|is invalid/);
  const stored = await edit("applied", `sed -i 's/"1"/"7"/' "$1"`, "cm/edited", "--output-patch");
  expect(stored.code).toBe(0);
  process.env["KUBE_EDITOR"] = editor("last", `sed -i 's/"7"/"8"/' "$1"`);
  expect((await kubectl.run(["apply", "edit-last-applied", "cm/edited"])).code).toBe(0);
  delete process.env["KUBE_EDITOR"];
  expect(await kubectl("apply", "view-last-applied", "cm/edited")).toMatch(/a: "8"/);
});

test("a List from a file: applied, compared, replaced, pruned, deleted", async () => {
  const list = (...items: string[]) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: items.map((name) => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, labels: { of: "list" } },
        data: { of: name },
      })),
    });
  expect(await kubectl.with(list("l1", "l2"), "apply", "-f", "-")).toBe("configmap/l1 created\nconfigmap/l2 created\n");
  expect((await kubectl.run(["diff", "-f", "-"], list("l1", "l2"))).code).toBe(0);
  expect(await kubectl.with(await kubectl("get", "cm", "-l", "of=list", "-o", "yaml"), "replace", "-f", "-")).toContain(
    "configmap/l2 replaced",
  );
  const prune = ["apply", "-f", "-", "--prune", "-l", "of=list", "--prune-allowlist=core/v1/ConfigMap"];
  expect(await kubectl.with(list("l1"), ...prune)).toMatch(/configmap\/l2 pruned/);
  expect(await kubectl.with(list("l1"), "delete", "-f", "-")).toContain('"l1" deleted');
  const wrong = list("l3").replace('"data"', '"dta"');
  expect((await kubectl.run(["apply", "-f", "-"], wrong)).stderr).toContain('unknown field "dta"');
});

test("apply --prune by an ApplySet", async () => {
  process.env["KUBECTL_APPLYSET"] = "true";
  const set = ["apply", "-f", "-", "--prune", "--applyset=secret/set", "-n", "default"];
  await kubectl.with(configMap("s1", "a: b") + "---\n" + configMap("s2", "a: b"), ...set);
  expect(await kubectl.with(configMap("s1", "a: b"), ...set)).toContain("configmap/s2 pruned");
  delete process.env["KUBECTL_APPLYSET"];
});

test("diff by server-side apply, and of a Deployment", async () => {
  const diff = await kubectl.run(
    ["diff", "--server-side", "--field-manager=kubectl", "--force-conflicts", "-f", "-"],
    echo("shop", "three"),
  );
  expect(diff.code).toBe(1);
  expect(diff.stdout).toMatch(/-\s+- -text=one\n\+\s+- -text=three/);
});

test("wait for a jsonpath, a condition, a creation", async () => {
  await kubectl("wait", "--for=jsonpath={.status.readyReplicas}=3", "deploy/shop", "--timeout=20s");
  await kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pods", "-l", "app=shop", "--timeout=20s");
  await kubectl("wait", "--for=condition=Available", "deploy", "--all", "--timeout=20s");
  const coming = kubectl.follow("wait", "--for=create", "cm/coming", "--timeout=20s");
  await kubectl.with(configMap("coming", "a: b"), "create", "-f", "-");
  expect(await coming.exited).toBe(0);
});

test("explain: fields and types of built-in kinds, prose of definitions", async () => {
  expect(await kubectl("explain", "deployment.spec.strategy")).toMatch(/rollingUpdate\s+<RollingUpdateDeployment>/);
  expect(await kubectl("explain", "pod.spec", "--recursive")).toContain("containerPort");
  expect(await kubectl("explain", "canary.spec")).toMatch(/DESCRIPTION:\n {4}\w/);
  expect(await kubectl("explain", "deployments", "--api-version=apps/v1")).toContain("VERSION:    v1");
});

test("generators: run, expose, autoscale, create ingress and role; taint, cordon", async () => {
  await kubectl("run", "single", "--image=hashicorp/http-echo:1.0", "--port=8080", "--", "-listen=:8080", "-text=x");
  await kubectl("wait", "--for=condition=Ready", "pod/single", "--timeout=20s");
  await kubectl("expose", "deploy/web", "--port=80", "--target-port=8080");
  expect(await kubectl("get", "svc", "web", "-o", "jsonpath={.spec.selector.app}:{.spec.ports[0].targetPort}")).toBe(
    "web:8080",
  );
  await kubectl("autoscale", "deploy/shop", "--min=1", "--max=3", "--cpu=80%");
  const ingress = await kubectl.run(["create", "ingress", "web", "--rule=web.example.com/*=web:80"]);
  expect(ingress).toMatchObject({ code: 0, stdout: "ingress.networking.k8s.io/web created\n" });
  expect(ingress.stderr).toContain("Warning: nothing serves an Ingress in the Serin sandbox");
  expect(await kubectl("get", "ing")).toMatch(/web +<none> +web\.example\.com +80/);
  await kubectl("create", "role", "reader", "--verb=get", "--resource=pods");
  const node = await kubectl("get", "node", "-o", "jsonpath={.items[0].metadata.name}");
  expect(await kubectl("cordon", node)).toContain("cordoned");
  expect(await kubectl("uncordon", node)).toContain("uncordoned");
  expect(await kubectl("taint", "node", node, "a=b:NoSchedule")).toContain("tainted");
  expect(await kubectl("taint", "node", node, "a-")).toContain("untainted");
  await kubectl("delete", "pod/single", "svc/web", "ing/web", "hpa/shop", "role/reader", "--timeout=30s");
});

test("what is not there says what to do instead", async () => {
  const pod = await kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}");
  const refused = async (...args: string[]) => {
    const { code, stderr } = await kubectl.run(args);
    expect(code, args.join(" ")).not.toBe(0);
    return stderr;
  };
  expect(await refused("exec", pod, "--", "ls")).toContain("kubectl logs");
  expect(await refused("attach", pod)).toContain("kubectl logs -f");
  expect(await refused("cp", `${pod}:/etc/hosts`, join(api.home, "hosts"))).toContain("kubectl logs");
  expect(await refused("debug", pod, "--image=x")).toContain("one container each");
  expect(await refused("top", "pods")).toContain("Metrics API not available");
});
