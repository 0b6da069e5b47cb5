import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../adapters/telemetry/clock.ts";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { DEPLOYMENTS, SERVICES, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import { serinCrds } from "../core/spec/crd.generated.ts";
import type { Log } from "../ports/log.ts";
import { openSandboxCluster, type SandboxCluster } from "../sandbox/cluster/open.ts";
import { ALL_FILES } from "./acts.ts";
import { applyObject } from "./apply.ts";
import { clearStage, StoryRecord } from "./clean.ts";
import { readDocuments, resourceOf } from "./documents.ts";
import { find } from "./wait.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples", "echo");
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const clock = systemClock();

describe("clearing the stage", () => {
  let dir: string;
  let sandbox: SandboxCluster;
  let documents: KubeObject[];
  let began: number;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "serin-story-"));
    sandbox = await openSandboxCluster({ dataFile: ":memory:", clock, log: silent, crds: serinCrds() });
    documents = (await Promise.all(ALL_FILES.map((file) => readDocuments(EXAMPLES, file)))).flat();
    began = 0;
  });
  afterEach(async () => {
    await sandbox.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("deletes what an earlier run left, whatever became of it since", async () => {
    for (const object of await readDocuments(EXAMPLES, "echo-canary.yaml")) {
      const { object: stored } = await applyObject(sandbox.cluster, object);
      record().add(stored);
    }
    const patch = { type: "merge" as const, body: { spec: { replicas: 7 } } };
    await sandbox.cluster.patch(DEPLOYMENTS, { namespace: "default", name: "echo-v1" }, patch);
    expect(await clear()).toHaveLength(6);
    expect(began).toBe(1);
    for (const document of documents)
      expect(await find(sandbox.cluster, resourceOf(document), document.metadata)).toBeUndefined();
  });

  it("takes objects applied by hand from the story's files for its own", async () => {
    await applyObject(sandbox.cluster, (await readDocuments(EXAMPLES, "vs-50-50.yaml"))[0]!);
    expect(await clear()).toEqual(["virtualservice.networking.istio.io/echo"]);
  });

  it("deletes nothing when a namesake is not the story's", async () => {
    await applyObject(sandbox.cluster, (await readDocuments(EXAMPLES, "vs-50-50.yaml"))[0]!);
    const foreign = { apiVersion: "v1", kind: "Service", metadata: { name: "echo", namespace: "default" } };
    await sandbox.cluster.create(SERVICES, { ...foreign, spec: { ports: [{ port: 80 }], selector: { app: "mine" } } });
    await expect(clear()).rejects.toThrow(/service\/echo in namespace default is not the story's own.*--home DIR/);
    const key = { namespace: "default", name: "echo" };
    expect(await find(sandbox.cluster, VIRTUAL_SERVICES, key)).toBeDefined();
    expect(await find(sandbox.cluster, SERVICES, key)).toBeDefined();
    expect(began).toBe(0);
  });

  it("needs nothing and waits for nothing on an empty stage", async () => {
    expect(await clear()).toEqual([]);
    expect(began).toBe(0);
  });

  function record(): StoryRecord {
    return new StoryRecord(join(dir, "story.json"));
  }

  function clear(): Promise<string[]> {
    const beforeDeleting = (): Promise<void> => {
      began++;
      return Promise.resolve();
    };
    const { signal } = new AbortController();
    return clearStage(sandbox.cluster, documents, record(), { clock, signal, beforeDeleting });
  }
});
