import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { newReplicaSet } from "./replica-sets.ts";
import { planRollout } from "./rollout.ts";
import { type DeploymentStatus, deadlineMs, deploymentStatus } from "./status.ts";

const T0 = "2026-01-01T00:00:00Z";
const T1 = "2026-01-01T00:00:05Z";
const LATE = "2026-01-01T00:10:06Z";

function deployment(status?: DeploymentStatus, paused = false): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "echo", namespace: "default", uid: "d1", generation: 4 },
    spec: {
      replicas: 2,
      paused,
      selector: { matchLabels: { app: "echo" } },
      template: { metadata: { labels: { app: "echo" } }, spec: { containers: [{ name: "echo", image: "a" }] } },
    },
    ...(status && { status }),
  };
}

function sized(available: number): ReplicaSet {
  const set = newReplicaSet(deployment(), 1, 2);
  set.status = { replicas: 2, readyReplicas: available, availableReplicas: available };
  return set;
}

const statusOf = (d: Deployment, sets: ReplicaSet[], now: string) => deploymentStatus(d, planRollout(d, sets, 0), now);
const condition = (status: DeploymentStatus, type: string) => status.conditions?.find((each) => each.type === type);

describe("deploymentStatus", () => {
  it("tells a new Deployment's story: created, progressing, available", () => {
    const created = statusOf(deployment(), [], T0);
    expect(condition(created, "Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetCreated" });
    expect(condition(created, "Available")).toMatchObject({ status: "False", reason: "MinimumReplicasUnavailable" });
    const half = statusOf(deployment(created), [sized(1)], T1);
    expect(half).toMatchObject({
      observedGeneration: 4,
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 1,
      unavailableReplicas: 1,
    });
    expect(condition(half, "Progressing")).toMatchObject({
      reason: "ReplicaSetUpdated",
      lastTransitionTime: T0,
      lastUpdateTime: T1,
    });
    const done = statusOf(deployment(half), [sized(2)], T1);
    expect(condition(done, "Progressing")?.reason).toBe("NewReplicaSetAvailable");
    expect(condition(done, "Available")).toMatchObject({ status: "True", lastTransitionTime: T1 });
    expect(deadlineMs(deployment(), done)).toBeUndefined();
  });

  it("is the same again on an unchanged world", () => {
    const first = statusOf(deployment(), [sized(1)], T0);
    expect(statusOf(deployment(first), [sized(1)], T1)).toEqual(first);
  });

  it("gives up after progressDeadlineSeconds without progress", () => {
    const started = statusOf(deployment(), [sized(0)], T0);
    expect(deadlineMs(deployment(), started)).toBe(Date.parse(T0) + 600_000);
    const late = statusOf(deployment(started), [sized(0)], LATE);
    expect(condition(late, "Progressing")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
  });

  it("does not call a lost pod a failed rollout", () => {
    const done = statusOf(deployment(statusOf(deployment(), [sized(1)], T0)), [sized(2)], T0);
    const lost = statusOf(deployment(done), [sized(1)], LATE);
    expect(condition(lost, "Progressing")?.reason).toBe("NewReplicaSetAvailable");
  });

  it("says that it is paused", () => {
    const paused = statusOf(deployment(undefined, true), [sized(2)], T0);
    expect(condition(paused, "Progressing")).toMatchObject({ status: "Unknown", reason: "DeploymentPaused" });
    expect(condition(statusOf(deployment(paused), [sized(2)], T1), "Progressing")?.reason).toBe("DeploymentResumed");
  });
});
