import { describe, expect, it } from "vitest";
import type { Pod, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { leastUsefulFirst, planPods } from "./plan.ts";
import { replicaSetStatus } from "./status.ts";

const SET: ReplicaSet = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "echo-1", namespace: "default", uid: "rs1", generation: 1 },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "echo" } },
    template: { metadata: { labels: { app: "echo" } }, spec: { containers: [] } },
  },
};

interface Traits {
  owner?: string;
  ready?: string;
  phase?: "Pending" | "Running" | "Failed";
  node?: string;
  deleting?: boolean;
  restarts?: number;
  cost?: number;
  created?: string;
  labels?: Record<string, string>;
}

function pod(name: string, traits: Traits = {}): Pod {
  const {
    owner = "rs1",
    ready,
    phase = "Running",
    node = "n",
    deleting,
    restarts = 0,
    cost,
    created = "2026-01-01T00:00:00Z",
  } = traits;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      uid: name,
      labels: traits.labels ?? { app: "echo" },
      creationTimestamp: created,
      ...(cost !== undefined && { annotations: { "controller.kubernetes.io/pod-deletion-cost": String(cost) } }),
      ...(deleting && { deletionTimestamp: created }),
      ...(owner !== "" && {
        ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "x", uid: owner, controller: true }],
      }),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: ready === undefined ? [] : [{ type: "Ready", status: "True", lastTransitionTime: ready }],
      containerStatuses: [{ name: "c", image: "", imageID: "", ready: true, restartCount: restarts, state: {} }],
    },
  };
}

describe("planPods", () => {
  it("creates what is missing; ended and terminating pods do not count", () => {
    const plan = planPods(SET, [
      pod("a"),
      pod("b", { deleting: true }),
      pod("c", { phase: "Failed" }),
      pod("d", { owner: "other" }),
    ]);
    expect(plan).toMatchObject({ create: 1, remove: [], adopt: [], release: [] });
  });

  it("adopts an orphan instead of creating, and releases a pod whose labels moved away", () => {
    const [orphan, moved] = [pod("o", { owner: "" }), pod("m", { labels: { app: "other" } })];
    expect(planPods(SET, [orphan, moved])).toMatchObject({ create: 1, adopt: [orphan], release: [moved] });
  });

  it("removes the least useful", () => {
    const pods = [
      pod("ready", { ready: "2026-01-01T00:00:01Z" }),
      pod("unready"),
      pod("pending", { phase: "Pending" }),
    ];
    expect(planPods(SET, pods).remove.map(({ metadata }) => metadata.name)).toEqual(["pending"]);
  });
});

describe("leastUsefulFirst", () => {
  const early = "2026-01-01T00:00:01Z";
  const late = "2026-01-01T00:00:09Z";
  it.each<[string, Traits, Traits]>([
    ["unplaced", { node: "" }, {}],
    ["pending", { phase: "Pending" }, {}],
    ["not ready", {}, { ready: early }],
    ["cheap to delete", { ready: early, cost: -1 }, { ready: late }],
    ["ready for a shorter time", { ready: late }, { ready: early }],
    ["restarted more often", { restarts: 3 }, { restarts: 1 }],
    ["newer", { created: late }, { created: early }],
  ])("%s goes first", (_why, first, second) => {
    for (const pods of [
      [pod("z-first", first), pod("a-second", second)],
      [pod("a-second", second), pod("z-first", first)],
    ])
      expect(leastUsefulFirst(pods)[0]?.metadata.name).toBe("z-first");
  });
});

describe("replicaSetStatus", () => {
  it("counts, and calls a pod available only after minReadySeconds", () => {
    const set = { ...SET, spec: { ...SET.spec, minReadySeconds: 10 } };
    const pods = [pod("a", { ready: "2026-01-01T00:00:00Z" }), pod("b", { ready: "2026-01-01T00:00:05Z" }), pod("c")];
    const { status, nextAvailableMs } = replicaSetStatus(set, pods, Date.parse("2026-01-01T00:00:12Z"));
    expect(status).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 2, availableReplicas: 1 });
    expect(nextAvailableMs).toBe(Date.parse("2026-01-01T00:00:15Z"));
  });
});
