// The sandbox's API server gives the verdicts on Serin's kinds that a real one gives (testbed/conformance/crd-real.ts).

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionObject, canaryObject, SAMPLES } from "../../../testbed/conformance/crd-samples.ts";
import { type Cluster, ClusterError } from "../../ports/cluster.ts";
import { openSandboxCluster, type SandboxCluster } from "../../sandbox/cluster/open.ts";
import type { KubeObject } from "../kubernetes/object.ts";
import { CANARIES, CANARY_ACTIONS } from "../kubernetes/resource.ts";
import { serinCrds } from "./crd.generated.ts";

let sandbox: SandboxCluster;
let cluster: Cluster;

beforeAll(async () => {
  const clock = { now: () => 1_795_521_600_000, after: () => () => {} };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log, crds: serinCrds() });
  cluster = sandbox.as({ name: "jane" });
});

afterAll(() => sandbox.close());

const placed = (object: Record<string, unknown>) =>
  ({ ...object, metadata: { ...(object["metadata"] as object), namespace: "default" } }) as KubeObject;

async function refusal(object: Record<string, unknown>): Promise<string> {
  const resource = object["kind"] === "Canary" ? CANARIES : CANARY_ACTIONS;
  return cluster.create(resource, placed(object), { dryRun: true }).then(
    () => "accepted",
    (error: unknown) => (error instanceof ClusterError ? error.message : `not the cluster's word: ${String(error)}`),
  );
}

describe("a sample", () => {
  it.each(SAMPLES.map((sample) => [sample.what, sample] as const))("%s", async (_what, { object, refused }) => {
    const answer = await refusal(object);
    if (refused === undefined) expect(answer).toBe("accepted");
    else for (const part of refused) expect(answer).toContain(part);
  });
});

describe("what is stored", () => {
  const spec = { versions: { stable: "a", canary: "b" }, strategy: { steps: [{ setWeight: 5 }] } };

  it("has the default of analysis, and a status with all that was written", async () => {
    await cluster.create(CANARIES, placed(canaryObject(spec, "stored")));
    const key = { namespace: "default", name: "stored" };
    const status = { phase: "Progressing", message: "5 % on b", conditions: [], newer: { deep: [1] } };
    const written = await cluster.patch(CANARIES, key, { type: "merge", body: { status } }, { subresource: "status" });
    expect(written).toMatchObject({ spec: { ...spec, analysis: {} }, status });
  });

  it("never changes in a CanaryAction", async () => {
    await cluster.create(CANARY_ACTIONS, placed(actionObject({ verb: "abort" }, "kept")));
    const patch = { type: "merge", body: { spec: { verb: "pause" } } } as const;
    await expect(cluster.patch(CANARY_ACTIONS, { namespace: "default", name: "kept" }, patch)).rejects.toThrow(
      "never changed",
    );
  });
});
