// The statements of docs/guide/gitops.md about who owns `http`, each tried.
// All of them were tried on a real kube-apiserver 1.34 with Istio's CRDs too, by kubectl 1.34 and helm 4.1.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DESTINATION_RULE, split, TARGET } from "../../../testbed/rollout/echo-route.ts";
import type { KubeObject } from "../../core/kubernetes/object.ts";
import { VIRTUAL_SERVICES } from "../../core/kubernetes/resource.ts";
import { resolveTarget } from "../../core/traffic/resolve-target.ts";
import type { VirtualService } from "../../core/traffic/virtual-service.ts";
import { type Cluster, ClusterError } from "../../ports/cluster.ts";
import { openSandboxCluster, type SandboxCluster } from "../../sandbox/cluster/open.ts";
import { istioRouter } from "./router.ts";

const GIT = "argocd-controller";
const KEY = { namespace: "default", name: "echo" };

function manifest(spec: VirtualService["spec"], name = "echo"): VirtualService {
  const metadata = { namespace: "default", name };
  return { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata, spec };
}

const IN_GIT = manifest({ hosts: ["*"], http: [split(100, 0)] });
const WITHOUT_HTTP = manifest({ hosts: ["*"] });

let sandbox: SandboxCluster;
let cluster: Cluster;

beforeEach(async () => {
  const clock = { now: () => Date.parse("2026-11-24T12:00:00Z"), after: () => () => {} };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log });
  cluster = sandbox.as({ name: "gitops" });
});

afterEach(() => sandbox.close());

const apply = (object: VirtualService, force = false) =>
  cluster.apply(VIRTUAL_SERVICES, object, { fieldManager: GIT, force });
const weights = async () =>
  (await cluster.get<VirtualService>(VIRTUAL_SERVICES, KEY)).spec.http?.[0]?.route?.map(({ weight }) => weight);

async function serinMoves(canaryWeight: number): Promise<void> {
  const router = istioRouter({ cluster: sandbox.as({ name: "serin" }) });
  await router.write(TARGET, await router.read(TARGET), canaryWeight);
}

async function ownersOfHttp(): Promise<string[]> {
  const { metadata } = await cluster.get(VIRTUAL_SERVICES, KEY);
  const owns = ({ fieldsV1 }: { fieldsV1: Record<string, unknown> }) =>
    Object.hasOwn(Object(fieldsV1["f:spec"]), "f:http");
  return (metadata.managedFields ?? []).filter(owns).map(({ manager, operation }) => `${manager} ${operation}`);
}

async function conflictOf(promise: Promise<KubeObject>): Promise<string> {
  return promise.then(
    () => "none",
    (error: unknown) => (error instanceof ClusterError ? `${error.reason}: ${error.message}` : String(error)),
  );
}

describe("http has one owner at a time", () => {
  it("goes from the one who applied it to Serin with the first weight", async () => {
    await apply(IN_GIT);
    expect(await ownersOfHttp()).toEqual([`${GIT} Apply`]);
    await serinMoves(20);
    expect(await ownersOfHttp()).toEqual(["serin Update"]);
  });
});

describe("a server-side apply of the file in git", () => {
  it("conflicts with Serin over spec.http, and changes nothing", async () => {
    await apply(IN_GIT);
    await serinMoves(20);
    const conflict = await conflictOf(apply(IN_GIT));
    expect(conflict).toMatch(/^Conflict: .*conflict with "serin"/);
    expect(conflict).toContain(".spec.http");
    expect(await weights()).toEqual([80, 20]);
  });

  it("by force takes http and the weights back", async () => {
    await apply(IN_GIT);
    await serinMoves(20);
    await apply(IN_GIT, true);
    expect(await weights()).toEqual([100, 0]);
    expect(await ownersOfHttp()).toEqual([`${GIT} Apply`]);
  });

  it("with the weights that are there is no conflict, and both own http", async () => {
    await apply(IN_GIT);
    await serinMoves(20);
    await apply(manifest({ hosts: ["*"], http: [split(80, 20)] }));
    expect((await ownersOfHttp()).sort()).toEqual([`${GIT} Apply`, "serin Update"]);
  });
});

describe("leaving http out of the file", () => {
  it("is safe once Serin owns it: the routes stay", async () => {
    await apply(IN_GIT);
    await serinMoves(20);
    await apply(WITHOUT_HTTP);
    expect(await weights()).toEqual([80, 20]);
    await serinMoves(50);
    await apply(WITHOUT_HTTP);
    expect(await weights()).toEqual([50, 50]);
  });

  it("removes the routes while the file's manager still owns them", async () => {
    await apply(IN_GIT);
    await apply(WITHOUT_HTTP);
    expect(await weights()).toBeUndefined();
  });
});

describe("a delegate VirtualService of Serin's own", () => {
  const root = manifest({ hosts: ["*"], gateways: ["echo"], http: [{ delegate: { name: "echo-split" } }] });
  const delegate = manifest({ http: [split(100, 0)] }, "echo-split");
  const labels = (version: string) => ({ app: "echo", version });
  const deployment = (version: string) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: "default", name: `echo-${version}` },
    spec: { selector: {}, template: { metadata: { labels: labels(version) }, spec: { containers: [] } } },
  });

  it("is what Serin finds and moves, while the root is applied again and again", async () => {
    const resolved = resolveTarget(undefined, {
      namespace: "default",
      stable: { name: "echo-v1", deployment: deployment("v1") },
      canary: { name: "echo-v2", deployment: deployment("v2") },
      destinationRules: [DESTINATION_RULE],
      virtualServices: [root, delegate],
    });
    if (!resolved.ok) throw new Error(resolved.message);
    expect(resolved.target.routes).toEqual([{ virtualService: "echo-split", index: 0 }]);

    await apply(root);
    await cluster.create(VIRTUAL_SERVICES, delegate, { fieldManager: "kubectl-create" });
    const router = istioRouter({ cluster: sandbox.as({ name: "serin" }) });
    let reading = await router.read(resolved.target);
    for (const weight of [20, 50, 100]) {
      reading = await router.write(resolved.target, reading, weight);
      expect(await conflictOf(apply(root))).toBe("none");
      expect(await router.read(resolved.target)).toEqual(reading);
    }
  });
});
