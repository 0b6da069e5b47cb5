// The row of a Pod. STATUS is not one field but the most telling of many: the pod's reason, what its init containers
// wait for, what its containers wait for or ended with, and whether it is being deleted.
// Checked against the tables of a real API server (testdata/tables.json).

import type { KubeObject } from "../../../../core/kubernetes/object.ts";
import { humanDuration } from "./human-age.ts";
import {
  AGE,
  ageCell,
  at,
  column,
  count,
  items,
  NAME,
  orNone,
  type RowCondition,
  type TableKind,
  text,
  wide,
} from "./table-kind.ts";

export const PODS: TableKind = {
  columns: [
    NAME,
    column("Ready", "string", 0, "Containers that are ready, of all."),
    column("Status", "string", 0, "Phase or the most telling reason."),
    column("Restarts", "string", 0, "Restarts of all containers, and how long ago the last was."),
    AGE,
    wide("IP"),
    wide("Node"),
    wide("Nominated Node"),
    wide("Readiness Gates"),
  ],
  cells: podCells,
  conditions: podConditions,
};

function podCells(pod: KubeObject, nowMs: number): (string | number)[] {
  const summary = summarize(pod);
  const podIp = text(pod, "status", "podIPs", 0, "ip") || text(pod, "status", "podIP");
  return [
    pod.metadata.name,
    `${summary.ready}/${summary.total}`,
    statusOf(pod, summary),
    restartsText(summary, nowMs),
    ageCell(pod, nowMs),
    orNone(podIp),
    orNone(text(pod, "spec", "nodeName")),
    orNone(text(pod, "status", "nominatedNodeName")),
    readinessGates(pod),
  ];
}

function podConditions(pod: KubeObject): RowCondition[] {
  const phase = text(pod, "status", "phase");
  if (phase === "Succeeded")
    return [{ type: "Completed", status: "True", reason: phase, message: "The pod has completed successfully." }];
  if (phase === "Failed") return [{ type: "Completed", status: "True", reason: phase, message: "The pod failed." }];
  return [];
}

type ContainerStatus = Record<string, unknown>;

interface Summary {
  total: number;
  ready: number;
  restarts: number;
  /** 0 when there was none. */
  lastRestartMs: number;
  /** What init containers say; undefined when they are through. */
  initializing: string | undefined;
  /** What the containers say; undefined when they say nothing beyond the phase. */
  reason: string | undefined;
  hasRunning: boolean;
}

function summarize(pod: KubeObject): Summary {
  const initSpecs = items(pod, "spec", "initContainers");
  const sidecars = new Set(initSpecs.filter((each) => each.restartPolicy === "Always").map((each) => each.name));
  const initStatuses = items(pod, "status", "initContainerStatuses");
  const sidecarStatuses = initStatuses.filter((each) => sidecars.has(each.name));
  const statuses = items(pod, "status", "containerStatuses");
  const initializing = initReason(initStatuses, sidecars, initSpecs.length);
  const counted = initializing === undefined ? [...sidecarStatuses, ...statuses] : initStatuses;
  return {
    total: items(pod, "spec", "containers").length + sidecars.size,
    ready:
      sidecarStatuses.filter((each) => isSidecarStarted(each) && each.ready === true).length +
      (initializing === undefined ? statuses.filter(isRunningAndReady).length : 0),
    restarts: counted.reduce((sum, each) => sum + count(each, "restartCount"), 0),
    lastRestartMs: Math.max(0, ...counted.map(lastFinishMs)),
    initializing,
    ...(initializing === undefined ? containersReason(statuses) : { reason: undefined, hasRunning: false }),
  };
}

/** The first init container that is not through decides. */
function initReason(statuses: ContainerStatus[], sidecars: Set<unknown>, total: number): string | undefined {
  for (const [index, status] of statuses.entries()) {
    const terminated = at(status, "state", "terminated");
    if (terminated !== undefined && count(terminated, "exitCode") === 0) continue;
    if (sidecars.has(status.name) && isSidecarStarted(status)) continue;
    if (terminated !== undefined) return `Init:${endReason(terminated)}`;
    const waiting = text(status, "state", "waiting", "reason");
    return waiting !== "" && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

/** The first container that has something to say decides. */
function containersReason(statuses: ContainerStatus[]): { reason: string | undefined; hasRunning: boolean } {
  let reason: string | undefined;
  for (const status of [...statuses].reverse()) {
    const waiting = text(status, "state", "waiting", "reason");
    const terminated = at(status, "state", "terminated");
    if (waiting !== "") reason = waiting;
    else if (terminated !== undefined) reason = endReason(terminated);
  }
  return { reason, hasRunning: statuses.some(isRunningAndReady) };
}

function statusOf(pod: KubeObject, summary: Summary): string {
  const phase = text(pod, "status", "phase");
  let status = text(pod, "status", "reason") || phase;
  if (isSchedulingGated(pod)) status = "SchedulingGated";
  status = summary.initializing ?? summary.reason ?? status;
  // Some containers are done while others serve: the pod as a whole is running, ready or not.
  if (status === "Completed" && summary.hasRunning) status = isReady(pod) ? "Running" : "NotReady";
  if (pod.metadata.deletionTimestamp === undefined) return status;
  if (text(pod, "status", "reason") === "NodeLost") return "Unknown";
  return phase === "Succeeded" || phase === "Failed" ? status : "Terminating";
}

function restartsText({ restarts, lastRestartMs }: Summary, nowMs: number): string {
  return restarts > 0 && lastRestartMs > 0
    ? `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`
    : `${restarts}`;
}

function endReason(terminated: unknown): string {
  const reason = text(terminated, "reason");
  if (reason !== "") return reason;
  const signal = count(terminated, "signal");
  return signal === 0 ? `ExitCode:${count(terminated, "exitCode")}` : `Signal:${signal}`;
}

function readinessGates(pod: KubeObject): string {
  const gates = items(pod, "spec", "readinessGates").map((gate) => gate.conditionType);
  if (gates.length === 0) return "<none>";
  const passed = gates.filter((type) =>
    items(pod, "status", "conditions").some((each) => each.type === type && each.status === "True"),
  );
  return `${passed.length}/${gates.length}`;
}

function lastFinishMs(status: ContainerStatus): number {
  const finished = Date.parse(text(status, "lastState", "terminated", "finishedAt"));
  return Number.isNaN(finished) ? 0 : finished;
}

const isRunningAndReady = (status: ContainerStatus): boolean =>
  status.ready === true && at(status, "state", "running") !== undefined;

const isSidecarStarted = (status: ContainerStatus): boolean => status.started === true;

const isReady = (pod: KubeObject): boolean =>
  items(pod, "status", "conditions").some((each) => each.type === "Ready" && each.status === "True");

const isSchedulingGated = (pod: KubeObject): boolean =>
  items(pod, "status", "conditions").some((each) => each.type === "PodScheduled" && each.reason === "SchedulingGated");
