// The hardest client of the sandbox's API: a real istiod takes it for a cluster, and a real Envoy serves what istiod makes of its
// objects. The story's files run verbatim; pods are the sandbox's processes.
// It runs with leader election, its certificate authority and the Gateway API, so that it writes Leases, Secrets and statuses too.
// SERIN_MESH_BIN names a folder with pilot-discovery, SERIN_ENVOY_BIN the program envoy.

import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SERVICES } from "../../src/core/kubernetes/resource.ts";
import { freePorts } from "../../testbed/free-ports.ts";
import type { Child } from "../../testbed/mesh/child.ts";
import { INGRESS_LABELS, startEnvoy } from "../../testbed/mesh/envoy.ts";
import { moduleFolder, PUBLISHED } from "../../testbed/mesh/go-module.ts";
import { type Istiod, startIstiod, WORKLOAD_ENTRIES } from "../../testbed/mesh/istiod.ts";
import { meshPrograms } from "../../testbed/mesh/programs.ts";
import { type Kubectl, kubectlOf, root, type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

const EXAMPLES = join(root, "examples", "echo");

let home: string;
let api: SandboxApi;
let kubectl: Kubectl;
let istiod: Istiod;
let envoy: Child;
let gatewayPort: number;

beforeAll(async () => {
  const programs = meshPrograms();
  home = mkdtempSync(join(tmpdir(), "serin-istiod-"));
  api = await startSandboxApi({ runtime: true, home });
  kubectl = kubectlOf(api);
  const gatewayApi = join(moduleFolder(PUBLISHED.gatewayApi), "config/crd/standard");
  for (const file of globSync(join(gatewayApi, "gateway.*.yaml"))) await kubectl("apply", "--server-side", "-f", file);
  const [adminPort, port] = (await freePorts(2)) as [number, number];
  gatewayPort = port;
  await announceGateway(port);
  const env = {
    ENABLE_CA_SERVER: "true",
    ENABLE_LEADER_ELECTION: "true",
    PILOT_CERT_PROVIDER: "istiod",
    PILOT_ENABLE_GATEWAY_API: "true",
  };
  istiod = await startIstiod({ program: programs.istiod, home, kubeconfigFile: api.kubeconfig, env });
  envoy = startEnvoy({ program: programs.envoy, home, xdsPort: istiod.xdsPort, adminPort });
});

afterAll(async () => {
  await envoy?.stop();
  await istiod?.stop();
  await api?.stop();
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});

/** The gateway as a workload that a Service selects, so that istiod translates port 80 to the one that Envoy binds. */
async function announceGateway(targetPort: number): Promise<void> {
  const namespace = "istio-system";
  await api.cluster.create(SERVICES, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "istio-ingressgateway", namespace },
    spec: { selector: INGRESS_LABELS, ports: [{ name: "http", port: 80, targetPort }] },
  });
  await api.cluster.create(WORKLOAD_ENTRIES, {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: { name: "gateway", namespace },
    spec: { address: "127.0.0.1", labels: INGRESS_LABELS },
  });
}

interface Answer {
  status: number;
  text: string;
}

async function ask(path: string): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${gatewayPort}${path}`).catch(() => undefined);
  return { status: answer?.status ?? 0, text: (await answer?.text()) ?? "" };
}

/** Shares by version, and how many requests did not succeed. */
async function split(requests: number, path = "/"): Promise<{ v2: number; failed: number }> {
  const counts = { v1: 0, v2: 0, failed: 0 };
  for (let sent = 0; sent < requests; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(path)));
    for (const { status, text } of answers)
      if (status !== 200) counts.failed++;
      else counts[/v[12]/.exec(text)![0] as "v1" | "v2"]++;
  }
  return { v2: counts.v2 / (counts.v1 + counts.v2), failed: counts.failed };
}

async function answersFromBoth(path: string): Promise<boolean> {
  const { v2, failed } = await split(60, path);
  return failed === 0 && v2 > 0 && v2 < 1;
}

/** Five standard deviations: a right split fails once in two million runs. */
const near = (share: number, requests: number): number => 5 * Math.sqrt((share * (1 - share)) / requests);

async function setShareOfV2(percent: number): Promise<void> {
  await kubectl(
    ...["patch", "virtualservice", "echo", "--type=json", "-p"],
    JSON.stringify([
      { op: "replace", path: "/spec/http/0/route/0/weight", value: 100 - percent },
      { op: "replace", path: "/spec/http/0/route/1/weight", value: percent },
    ]),
  );
}

test("istiod is ready and lists no resource in vain", async () => {
  expect(istiod.output()).not.toMatch(/failed to (list|watch)|could not find the requested resource|forbidden/);
  expect(api.complaints).toEqual([]);
});

test("istiod keeps its authority in a Secret and hands its root to every namespace, new ones too", async () => {
  await kubectl("create", "namespace", "late");
  for (const namespace of ["default", "late"])
    await kubectl("wait", "--for=create", "cm/istio-ca-root-cert", "-n", namespace, "--timeout=20s");
  const root = await kubectl("get", "cm", "istio-ca-root-cert", "-n", "late", "-o", "jsonpath={.data.root-cert\\.pem}");
  expect(root).toContain("BEGIN CERTIFICATE");
  const type = await kubectl("get", "secret", "istio-ca-secret", "-n", "istio-system", "-o", "jsonpath={.type}");
  expect(type).toBe("istio.io/ca-root");
});

test("the story's split, by Envoy, to the sandbox's pods", async () => {
  await kubectl("apply", "-f", join(EXAMPLES, "echo-canary.yaml"));
  for (const version of ["v1", "v2"]) await kubectl("rollout", "status", `deployment/echo-${version}`, "--timeout=60s");
  // istiod tells Envoy of pods in bursts: both versions must be known before the counting.
  await envoy.until(() => answersFromBoth("/"), 30_000);
  const { v2, failed } = await split(1_000);
  expect(failed).toBe(0);
  expect(Math.abs(v2 - 0.2)).toBeLessThan(near(0.2, 1_000));
});

test("a changed weight takes effect, and no request fails meanwhile", async () => {
  await setShareOfV2(50);
  await envoy.until(async () => (await split(200)).v2 > 0.38, 10_000);
  const half = await split(1_000);
  expect(half.failed).toBe(0);
  expect(Math.abs(half.v2 - 0.5)).toBeLessThan(near(0.5, 1_000));
  await setShareOfV2(100);
  await envoy.until(async () => (await split(20)).v2 === 1, 10_000);
  expect(await split(200)).toEqual({ v2: 1, failed: 0 });
});

test("VirtualServices that come and go", async () => {
  const object = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "aaa-first" },
    spec: {
      hosts: ["127.0.0.1"],
      gateways: ["echo-gateway"],
      http: [{ directResponse: { status: 418, body: { string: "teapot" } } }],
    },
  };
  await kubectl.with(JSON.stringify(object), "apply", "-f", "-");
  await envoy.until(async () => (await ask("/")).status === 418, 10_000);
  await kubectl("delete", "virtualservice", "aaa-first");
  await envoy.until(async () => (await ask("/")).status === 200, 10_000);
});

test("istiod leads by Leases, owns its GatewayClasses, and says of an HTTPRoute how it fares; Envoy serves it", async () => {
  const holder = ["get", "lease", "-n", "istio-system", "-o", "jsonpath={.items[*].spec.holderIdentity}"];
  await istiod.until(async () => /^istiod( istiod)*$/.test(await kubectl(...holder)), 20_000);
  await kubectl("wait", "--for=condition=Accepted", "gatewayclass/istio", "--timeout=20s");
  await kubectl("delete", "virtualservice/echo", "gateways.networking.istio.io/echo-gateway");
  await kubectl.with(
    JSON.stringify({ apiVersion: "v1", kind: "List", items: gatewayApiObjects(30) }),
    "apply",
    "-f",
    "-",
  );
  await kubectl(
    "wait",
    "--for=condition=Programmed",
    "gateways.gateway.networking.k8s.io/web",
    "-n",
    "istio-system",
    "--timeout=20s",
  );
  const accepted = 'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}';
  await kubectl("wait", `--for=${accepted}=True`, "httproute/web", "-n", "default", "--timeout=20s");
  await envoy.until(() => answersFromBoth("/shop"), 20_000);
  const { v2, failed } = await split(1_000, "/shop");
  expect(failed).toBe(0);
  expect(Math.abs(v2 - 0.3)).toBeLessThan(near(0.3, 1_000));
});

/** Two Services of their own, since an HTTPRoute knows no subsets. */
function gatewayApiObjects(percentOfV2: number): object[] {
  const services = ["v1", "v2"].map((version) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `echo-${version}` },
    spec: { selector: { app: "echo", version }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  }));
  const address = { type: "Hostname", value: "istio-ingressgateway.istio-system.svc.cluster.local" };
  // istiod takes a proxy that is there already only for a Gateway of its own namespace.
  const gateway = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "web", namespace: "istio-system" },
    spec: {
      gatewayClassName: "istio",
      addresses: [address],
      listeners: [{ name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } }],
    },
  };
  const backendRefs = [
    { name: "echo-v1", port: 80, weight: 100 - percentOfV2 },
    { name: "echo-v2", port: 80, weight: percentOfV2 },
  ];
  const route = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "web" },
    spec: {
      parentRefs: [{ name: "web", namespace: "istio-system" }],
      rules: [{ matches: [{ path: { type: "PathPrefix", value: "/shop" } }], backendRefs }],
    },
  };
  return [...services, gateway, route];
}

test("a sandbox that starts anew is followed again", async () => {
  const port = Number(new URL(api.url).port);
  await api.stop();
  api = await startSandboxApi({ runtime: true, home, port });
  for (const version of ["v1", "v2"]) await kubectl("rollout", "status", `deployment/echo-${version}`, "--timeout=60s");
  await kubectl.with(JSON.stringify(gatewayApiObjects(100)[3]), "apply", "-f", "-");
  await envoy.until(async () => (await split(20, "/shop")).v2 === 1, 90_000);
  expect(await split(200, "/shop")).toEqual({ v2: 1, failed: 0 });
});
