// The hardest client of the sandbox's API: a real istiod takes it for a cluster, and a real Envoy serves what istiod makes of its
// objects. The story's files run verbatim; pods are the sandbox's processes.
// SERIN_MESH_BIN names a folder with pilot-discovery, SERIN_ENVOY_BIN the program envoy.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Resource, SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Child } from "../../testbed/mesh/child.ts";
import { INGRESS_LABELS, startEnvoy } from "../../testbed/mesh/envoy.ts";
import { freePorts } from "../../testbed/mesh/free-ports.ts";
import { type Istiod, startIstiod } from "../../testbed/mesh/istiod.ts";
import { meshPrograms } from "../../testbed/mesh/programs.ts";
import { type Kubectl, kubectlOf, root, type SandboxApi, startSandboxApi } from "../e2e/sandbox-api.ts";

const WORKLOAD_ENTRIES: Resource = {
  group: "networking.istio.io",
  version: "v1",
  kind: "WorkloadEntry",
  plural: "workloadentries",
  namespaced: true,
};
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
  const [adminPort, port] = (await freePorts(2)) as [number, number];
  gatewayPort = port;
  await announceGateway(port);
  istiod = await startIstiod({ program: programs.istiod, home, kubeconfigFile: api.kubeconfig });
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

async function ask(path = "/", host = "echo.test"): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${gatewayPort}${path}`, { headers: { host } }).catch(() => undefined);
  return { status: answer?.status ?? 0, text: (await answer?.text()) ?? "" };
}

/** Shares by version, and how many requests did not succeed. */
async function split(requests: number): Promise<{ v2: number; failed: number }> {
  const counts = { v1: 0, v2: 0, failed: 0 };
  for (let sent = 0; sent < requests; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    for (const { status, text } of answers)
      if (status !== 200) counts.failed++;
      else counts[/v[12]/.exec(text)![0] as "v1" | "v2"]++;
  }
  return { v2: counts.v2 / (counts.v1 + counts.v2), failed: counts.failed };
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

test("the story's split, by Envoy, to the sandbox's pods", async () => {
  await kubectl("apply", "-f", join(EXAMPLES, "echo-canary.yaml"));
  for (const version of ["v1", "v2"]) await kubectl("rollout", "status", `deployment/echo-${version}`, "--timeout=60s");
  await envoy.until(async () => (await ask()).status === 200, 30_000);
  const { v2, failed } = await split(1_000);
  expect(failed).toBe(0);
  expect(Math.abs(v2 - 0.2)).toBeLessThan(near(0.2, 1_000));
});

test("a changed weight takes effect, and no request fails meanwhile", async () => {
  await setShareOfV2(50);
  await sleep(1_000);
  const half = await split(1_000);
  expect(half.failed).toBe(0);
  expect(Math.abs(half.v2 - 0.5)).toBeLessThan(near(0.5, 1_000));
  await setShareOfV2(100);
  await envoy.until(async () => (await split(20)).v2 === 1, 10_000);
  expect(await split(200)).toEqual({ v2: 1, failed: 0 });
});
