// The status of a Pod from what its one container does.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/

import type { ContainerState, Pod, PodStatus } from "../../../core/kubernetes/workload.ts";

/** What the runtime knows of the container. */
export interface ContainerView {
  state: ContainerState;
  lastState?: ContainerState;
  started: boolean;
  ready: boolean;
  restartCount: number;
  containerID?: string;
}

export interface PodFacts {
  podIP?: string;
  hostIP: string;
  startTime: string;
  nowText: string;
}

export function podStatus(pod: Pod, view: ContainerView, facts: PodFacts): PodStatus {
  const container = pod.spec.containers[0]!;
  const phase = phaseOf(pod, view);
  const ready = view.ready && view.state.running !== undefined;
  return {
    phase,
    ...(facts.podIP === undefined ? {} : { podIP: facts.podIP, podIPs: [{ ip: facts.podIP }] }),
    hostIP: facts.hostIP,
    startTime: facts.startTime,
    conditions: conditions(pod, phase, ready, facts),
    containerStatuses: [
      {
        name: container.name,
        image: container.image,
        imageID: `catalogue://${container.image}`,
        ...(view.containerID === undefined ? {} : { containerID: view.containerID }),
        ready,
        started: view.started && view.state.running !== undefined,
        restartCount: view.restartCount,
        state: view.state,
        ...(view.lastState === undefined ? {} : { lastState: view.lastState }),
      },
    ],
  };
}

type Phase = NonNullable<PodStatus["phase"]>;
type PodCondition = NonNullable<PodStatus["conditions"]>[number];

function phaseOf(pod: Pod, { state, lastState, restartCount }: ContainerView): Phase {
  if (state.running !== undefined) return "Running";
  if (state.terminated !== undefined && !restarts(pod, state.terminated.exitCode))
    return state.terminated.exitCode === 0 ? "Succeeded" : "Failed";
  const everRan = lastState !== undefined || restartCount > 0 || state.terminated !== undefined;
  return everRan ? "Running" : "Pending";
}

/** Whether a container that ended with this code starts again. */
export function restarts(pod: Pod, exitCode: number): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const policy = pod.spec.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

function conditions(pod: Pod, phase: Phase, ready: boolean, facts: PodFacts): PodCondition[] {
  const name = pod.spec.containers[0]!.name;
  const unready =
    phase === "Succeeded"
      ? { reason: "PodCompleted" }
      : { reason: "ContainersNotReady", message: `containers with unready status: [${name}]` };
  const wanted: PodCondition[] = [
    { type: "PodReadyToStartContainers", status: text(facts.podIP !== undefined) },
    { type: "Initialized", status: "True" },
    { type: "Ready", status: text(ready), ...(ready ? {} : unready) },
    { type: "ContainersReady", status: text(ready), ...(ready ? {} : unready) },
    { type: "PodScheduled", status: "True" },
  ];
  const before = pod.status?.conditions ?? [];
  return wanted.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const lastTransitionTime = (old?.status === condition.status ? old.lastTransitionTime : undefined) ?? facts.nowText;
    return { ...condition, lastTransitionTime };
  });
}

function text(flag: boolean): "True" | "False" {
  return flag ? "True" : "False";
}
