// Gateway API as a newcomer meets it: nothing to install, `kubectl apply`, requests go where the HTTPRoute says, and the objects' status
// tells how they fare.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HTTP_ROUTES } from "../../src/core/kubernetes/resource.ts";
import { type RunningGateway, startGateway } from "../../src/gateway/start.ts";
import { Authority } from "../../testbed/gateway/certificates.ts";
import { realClock, silentLog } from "../../testbed/gateway/world.ts";
import { type Kubectl, kubectlOf, type SandboxApi, startSandboxApi } from "./sandbox-api.ts";

const run = promisify(execFile);

let api: SandboxApi;
let gateway: RunningGateway;
let kubectl: Kubectl;

const backend = (version: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: echo-${version} }
spec:
  selector: { matchLabels: { app: echo, version: ${version} } }
  template:
    metadata: { labels: { app: echo, version: ${version} } }
    spec:
      containers:
        - { name: echo, image: "hashicorp/http-echo:1.0", args: ["-text=${version}"], ports: [{ containerPort: 5678 }] }
---
apiVersion: v1
kind: Service
metadata: { name: echo-${version} }
spec: { selector: { app: echo, version: ${version} }, ports: [{ port: 80, targetPort: 5678 }] }
---
`;

const GATEWAY = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: web }
spec:
  gatewayClassName: istio
  listeners: [{ name: http, port: 80, protocol: HTTP }]
---
`;

function httpRoute(rules: string, { name = "echo", gateway = "web" } = {}): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: ${gateway} }]
  rules:
${rules}
---
`;
}

beforeAll(async () => {
  api = await startSandboxApi({ runtime: true });
  const doors = { ports: { 80: 0 }, optionalPorts: { 443: 0 }, statsPort: 0 };
  gateway = await startGateway({ cluster: api.cluster, clock: realClock, log: silentLog, seed: 7, ...doors });
  kubectl = kubectlOf(api);
  await kubectl.with(backend("v1") + backend("v2"), "apply", "-f", "-");
  await kubectl("wait", "--for=condition=Available", "deployment", "--all", "--timeout=20s");
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await api?.stop();
});

async function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  const answer = await fetch(`http://127.0.0.1:${gateway.localPorts[80]}${path}`, { headers });
  return { status: answer.status, body: (await answer.text()).trim() };
}

const accepted = (kind: string, name: string) =>
  kubectl(
    "wait",
    `--for=jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True`,
    `${kind}/${name}`,
    "--timeout=10s",
  );

test("an HTTPRoute is applied, accepted and served; its Gateway says where", async () => {
  await kubectl("wait", "--for=condition=Accepted", "gatewayclass/istio", "--timeout=10s");
  const rules = `
    - matches: [{ path: { type: PathPrefix, value: /beta } }]
      backendRefs: [{ name: echo-v2, port: 80 }]
    - backendRefs: [{ name: echo-v1, port: 80 }]`;
  await kubectl.with(GATEWAY + httpRoute(rules), "apply", "-f", "-");
  await kubectl("wait", "--for=condition=Programmed", "gateways.gateway.networking.k8s.io/web", "--timeout=10s");
  await accepted("httproute", "echo");
  expect(await ask("/")).toEqual({ status: 200, body: "v1" });
  expect(await ask("/beta/x")).toEqual({ status: 200, body: "v2" });
  expect(await ask("/betas")).toEqual({ status: 200, body: "v1" });
  const table = await kubectl("get", "gateways.gateway.networking.k8s.io");
  expect(table).toMatch(/NAME\s+CLASS\s+ADDRESS\s+PROGRAMMED\s+AGE\nweb\s+istio\s+127\.0\.0\.1\s+True/);
  const attached = await kubectl(
    "get",
    "gateways.gateway.networking.k8s.io/web",
    "-o",
    "jsonpath={.status.listeners[0].attachedRoutes}",
  );
  expect(attached).toBe("1");
});

test("weights are exact in blocks, and a change of them is acknowledged when it is in force", async () => {
  const split = (v1: number, v2: number) => `
    - backendRefs: [{ name: echo-v1, port: 80, weight: ${v1} }, { name: echo-v2, port: 80, weight: ${v2} }]`;
  const counts = async () => {
    const bodies = await Promise.all(Array.from({ length: 20 }, () => ask("/")));
    return {
      v1: bodies.filter(({ body }) => body === "v1").length,
      v2: bodies.filter(({ body }) => body === "v2").length,
    };
  };
  for (const [v1, v2] of [
    [80, 20],
    [1, 1],
  ] as const) {
    await kubectl.with(httpRoute(split(v1, v2)), "apply", "-f", "-");
    const key = { namespace: "default", name: "echo" };
    const { resourceVersion } = (await api.cluster.get(HTTP_ROUTES, key)).metadata;
    await expect
      .poll(() => gateway.dataPlane.acknowledged(HTTP_ROUTES, key, resourceVersion!))
      .toEqual({ acknowledged: true });
    expect(await counts()).toEqual({ v1: (20 * v1) / (v1 + v2), v2: (20 * v2) / (v1 + v2) });
  }
});

test("filters: headers, rewrites and redirects", async () => {
  const rules = `
    - matches: [{ path: { type: PathPrefix, value: /old } }]
      filters: [{ type: RequestRedirect, requestRedirect: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /new } } }]
    - filters:
        - { type: ResponseHeaderModifier, responseHeaderModifier: { set: [{ name: x-served-by, value: gateway }] } }
      backendRefs: [{ name: echo-v1, port: 80 }]`;
  await kubectl.with(httpRoute(rules), "apply", "-f", "-");
  const url = `http://127.0.0.1:${gateway.localPorts[80]}`;
  await expect
    .poll(async () => {
      const answer = await fetch(`${url}/old/page?x=1`, { redirect: "manual" });
      return [answer.status, answer.headers.get("location")];
    })
    .toEqual([302, `${url}/new/page?x=1`.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${gateway.localPorts[80]}`)]);
  expect((await fetch(url)).headers.get("x-served-by")).toBe("gateway");
});

test("a missing backend is 500, and status says which; a Gateway that is not there is told by an Event", async () => {
  await kubectl.with(httpRoute("    - backendRefs: [{ name: gone, port: 80 }]"), "apply", "-f", "-");
  await expect.poll(async () => (await ask("/")).status).toBe(500);
  const reason = () =>
    kubectl(
      "get",
      "httproute/echo",
      "-o",
      'jsonpath={.status.parents[0].conditions[?(@.type=="ResolvedRefs")].reason}: {.status.parents[0].conditions[?(@.type=="ResolvedRefs")].message}',
    );
  await expect.poll(reason).toBe("BackendNotFound: backend(gone.default.svc.cluster.local) not found");
  await kubectl.with(httpRoute("    - {}", { name: "lost", gateway: "nobody" }), "apply", "-f", "-");
  await expect
    .poll(() =>
      kubectl("get", "events", "--field-selector", "involvedObject.name=lost", "-o", "jsonpath={.items[*].message}"),
    )
    .toContain("there is no Gateway default/nobody");
});

test("a status that somebody else overwrites is set right", async () => {
  await kubectl.with(httpRoute("    - backendRefs: [{ name: echo-v1, port: 80 }]"), "apply", "-f", "-");
  await accepted("httproute", "echo");
  await kubectl("patch", "httproute/echo", "--subresource=status", "--type=merge", "-p", '{"status":{"parents":[]}}');
  await accepted("httproute", "echo");
});

test("a listener ends TLS as soon as its certificate is there, and says so until then", async () => {
  const authority = new Authority();
  const { certificateFile, keyFile } = authority.issue("DNS:shop.example");
  const listener =
    "{ name: https, port: 443, protocol: HTTPS, hostname: shop.example, tls: { certificateRefs: [{ name: shop }] } }";
  await kubectl.with(GATEWAY.replace("listeners: [", `listeners: [${listener}, `), "apply", "-f", "-");
  await kubectl.with(httpRoute("    - backendRefs: [{ name: echo-v2, port: 80 }]"), "apply", "-f", "-");
  const resolved = () =>
    kubectl(
      "get",
      "gateways.gateway.networking.k8s.io/web",
      "-o",
      'jsonpath={.status.listeners[0].conditions[?(@.type=="ResolvedRefs")].reason}',
    );
  await expect.poll(resolved).toBe("InvalidCertificateRef");
  await kubectl("create", "secret", "tls", "shop", `--cert=${certificateFile}`, `--key=${keyFile}`);
  await expect.poll(resolved).toBe("ResolvedRefs");
  const port = gateway.localPorts[443]!;
  const { stdout } = await run("curl", [
    ...["--silent", "--show-error", "--resolve", `shop.example:${port}:127.0.0.1`],
    ...["--cacert", authority.certificateFile, `https://shop.example:${port}/`],
  ]);
  expect(stdout.trim()).toBe("v2");
  authority.dispose();
});

test("explain-route tells why a request goes where it goes", async () => {
  const rules = `
    - matches: [{ path: { type: PathPrefix, value: /beta } }]
      backendRefs: [{ name: echo-v2, port: 80 }]
    - backendRefs: [{ name: echo-v1, port: 80 }]`;
  await kubectl.with(httpRoute(rules), "apply", "-f", "-");
  await expect.poll(async () => (await ask("/")).body).toBe("v1");
  const { stdout: text } = await run(process.execPath, ["src/main.ts", "explain-route", "http://localhost/betas"], {
    encoding: "utf8",
    env: { ...process.env, KUBECONFIG: api.kubeconfig },
  });
  expect(text).toContain("HTTPRoute default/echo rules[0].matches[0]");
  expect(text).toContain('path /betas does not start with the path elements "/beta"');
  expect(text).toContain("echo-v1.default.svc.cluster.local");
});

test("without the definitions nothing is served, in silence; when they come back, it is", async () => {
  const definition = await kubectl("get", "crd/httproutes.gateway.networking.k8s.io", "-o", "yaml");
  await kubectl("delete", "crd/httproutes.gateway.networking.k8s.io");
  await expect.poll(async () => (await ask("/")).status).toBe(404);
  await kubectl.with(definition, "create", "-f", "-");
  await expect
    .poll(
      async () =>
        (await kubectl.run(["apply", "-f", "-"], httpRoute("    - backendRefs: [{ name: echo-v2, port: 80 }]"))).code,
    )
    .toBe(0);
  await expect.poll(async () => (await ask("/")).body).toBe("v2");
  expect(api.complaints).toEqual([]);
});
