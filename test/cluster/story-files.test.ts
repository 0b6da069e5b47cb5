// Act 1 on a real cluster with Istio: the story's files applied verbatim with kubectl, while an open-loop client sends
// through the ingress gateway. Every phase has its split, and no request fails. KUBECONFIG names the cluster.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectlPath } from "../../scripts/kubectl.ts";
import { startOpenLoop } from "../../src/load/open-loop.ts";
import { Tally } from "../../src/load/tally.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples", "echo");
const RATE_PER_SECOND = 100;
const PHASE_MS = 5_000;
/** Envoy's workers switch one by one after istiod's push; answers of the old split may still come in this long. */
const SWITCH_MS = 2_000;

function kubectl(...args: string[]): string {
  return execFileSync(kubectlPath(), args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function gatewayUrl(): string {
  const [pod] = JSON.parse(kubectl("get", "pods", "-A", "-l", "istio=ingressgateway", "-o", "json")).items;
  return `http://${pod.status.podIP}:8080/`;
}

beforeAll(() => {
  kubectl("label", "namespace", "default", "istio-injection=enabled", "--overwrite");
  kubectl("apply", "-f", join(EXAMPLES, "echo-canary.yaml"));
  for (const version of ["v1", "v2"]) kubectl("rollout", "status", `deployment/echo-${version}`, "--timeout=120s");
});

afterAll(() => {
  kubectl("delete", "-f", join(EXAMPLES, "echo-canary.yaml"), "--ignore-not-found", "--wait=true");
});

test("every pod has its sidecar", () => {
  const { items } = JSON.parse(kubectl("get", "pods", "-l", "app=echo", "-o", "json"));
  expect(items).toHaveLength(4);
  for (const { spec } of items) {
    const names = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }: { name: string }) => name);
    expect(names).toContain("istio-proxy");
  }
});

test("80/20, 50/50, all to v2, back to v1: each split as written, and not one failed request", async () => {
  const url = gatewayUrl();
  await answersWell(url);
  const between = new Tally();
  const client = startOpenLoop({ url, ratePerSecond: RATE_PER_SECOND }, between);
  const phases = [
    { file: "echo-canary.yaml", shareOfV2: 0.2 },
    { file: "vs-50-50.yaml", shareOfV2: 0.5 },
    { file: "vs-100-0-v2.yaml", shareOfV2: 1 },
    { file: "vs-rollback-v1.yaml", shareOfV2: 0 },
  ];
  await using _ = { [Symbol.asyncDispose]: () => client.stop() };
  for (const { file, shareOfV2 } of phases) {
    kubectl("apply", "-f", join(EXAMPLES, file));
    await sleep(SWITCH_MS);
    const phase = new Tally();
    client.count(phase);
    await sleep(PHASE_MS);
    client.count(between);
    const { versions, failures } = phase.read();
    const [v1, v2] = [versions["v1"]?.ok ?? 0, versions["v2"]?.ok ?? 0];
    const total = v1 + v2;
    console.log(`${file}: v1 ${v1}, v2 ${v2} of ${total}`);
    expect(total).toBeGreaterThan((RATE_PER_SECOND * PHASE_MS * 0.5) / 1_000);
    // Four standard deviations of a binomial share: a right split fails once in 16,000 runs.
    expect(Math.abs(v2 / total - shareOfV2)).toBeLessThanOrEqual(4 * Math.sqrt((shareOfV2 * (1 - shareOfV2)) / total));
    expect(failures).toEqual({});
  }
  await client.stop();
  expect(between.read().failures).toEqual({});
});

/** Waits until the gateway knows the route. */
async function answersWell(url: string): Promise<void> {
  for (let left = 100; left > 0; left--) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(200);
  }
  throw new Error(`no 200 from ${url} within 20 s`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
