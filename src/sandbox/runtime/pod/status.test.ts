import { describe, expect, it } from "vitest";
import type { Pod } from "../../../core/kubernetes/workload.ts";
import { type ContainerView, podStatus } from "./status.ts";

const FACTS = {
  podIP: "127.1.1.2",
  hostIP: "127.0.0.1",
  startTime: "2026-01-01T00:00:00Z",
  nowText: "2026-01-01T00:00:09Z",
};

function pod(restartPolicy = "Always"): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { restartPolicy, containers: [{ name: "c", image: "i" }] },
  };
}

const view = (change: Partial<ContainerView>): ContainerView => ({
  state: { waiting: { reason: "ContainerCreating" } },
  started: false,
  ready: false,
  restartCount: 0,
  ...change,
});
const RUNNING = { running: { startedAt: "2026-01-01T00:00:05Z" } };
const ended = (exitCode: number) => ({ terminated: { exitCode } });

describe("podStatus", () => {
  it.each<[string, string, Partial<ContainerView>, string]>([
    ["waits for its first start", "Always", {}, "Pending"],
    ["runs", "Always", { state: RUNNING }, "Running"],
    ["waits to restart", "Always", { restartCount: 1, lastState: ended(1) }, "Running"],
    ["ended and will restart", "Always", { state: ended(0) }, "Running"],
    ["ended well for good", "OnFailure", { state: ended(0) }, "Succeeded"],
    ["failed, and will be tried again", "OnFailure", { state: ended(1) }, "Running"],
    ["failed for good", "Never", { state: ended(3) }, "Failed"],
  ])("%s", (_what, policy, change, phase) => expect(podStatus(pod(policy), view(change), FACTS).phase).toBe(phase));

  it("is ready only while it runs", () => {
    const ready = (change: Partial<ContainerView>) =>
      podStatus(pod(), view(change), FACTS).conditions?.find(({ type }) => type === "Ready");
    expect(ready({ state: RUNNING, started: true, ready: true })).toMatchObject({ status: "True" });
    expect(ready({ state: ended(1), ready: true })).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [c]",
    });
  });

  it("keeps the time of a condition that stays", () => {
    const first = podStatus(pod(), view({ state: RUNNING, ready: true }), FACTS);
    const later = podStatus({ ...pod(), status: first }, view({ state: RUNNING, ready: true }), {
      ...FACTS,
      nowText: "2026-02-01T00:00:00Z",
    });
    expect(later.conditions).toEqual(first.conditions);
  });
});
