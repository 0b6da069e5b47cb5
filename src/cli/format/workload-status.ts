// Health of Deployments, ReplicaSets and Pods in one sign and one word, as the tree view shows it.

import type { ContainerStatus, Deployment, Pod, ReplicaSet } from "../../core/kubernetes/workload.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Tone } from "./paint.ts";

export interface Health {
  glyph: keyof Glyphs;
  tone: Tone;
  word: string;
}

const HEALTHY: Health = { glyph: "ok", tone: "green", word: "Healthy" };
const SCALED_DOWN: Health = { glyph: "idle", tone: "dim", word: "ScaledDown" };
const PROGRESSING: Health = { glyph: "running", tone: "blueBright", word: "Progressing" };

export function deploymentHealth(deployment: Deployment | undefined): Health {
  if (deployment === undefined) return { glyph: "failed", tone: "red", word: "NotFound" };
  const wanted = deployment.spec.replicas ?? 1;
  const stuck = deployment.status?.conditions?.find(({ type, status }) => type === "Progressing" && status === "False");
  if (stuck !== undefined) return { glyph: "failed", tone: "red", word: stuck.reason };
  return replicasHealth(wanted, deployment.status?.availableReplicas ?? 0);
}

export function replicaSetHealth({ spec, status }: ReplicaSet): Health {
  return replicasHealth(spec.replicas ?? 1, status?.availableReplicas ?? 0);
}

function replicasHealth(wanted: number, available: number): Health {
  if (wanted === 0) return SCALED_DOWN;
  return available >= wanted ? HEALTHY : PROGRESSING;
}

export function podHealth({ metadata, status }: Pod): Health {
  if (metadata.deletionTimestamp !== undefined) return { glyph: "running", tone: "dim", word: "Terminating" };
  const trouble = (status?.containerStatuses ?? []).map(troubleOf).find((each) => each !== undefined);
  if (trouble !== undefined) return trouble;
  const phase = status?.phase ?? "Pending";
  if (phase === "Failed") return { glyph: "failed", tone: "red", word: status?.reason ?? phase };
  if (phase !== "Running") return { glyph: "running", tone: "blueBright", word: phase };
  const ready = status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  return ready
    ? { glyph: "ok", tone: "green", word: "Running" }
    : { glyph: "warning", tone: "yellow", word: "NotReady" };
}

const STARTING = ["ContainerCreating", "PodInitializing"];

function troubleOf({ state }: ContainerStatus): Health | undefined {
  const waiting = state.waiting?.reason;
  if (waiting !== undefined && !STARTING.includes(waiting)) return { glyph: "failed", tone: "red", word: waiting };
  const ended = state.terminated;
  if (ended !== undefined && ended.exitCode !== 0)
    return { glyph: "failed", tone: "red", word: ended.reason ?? "Error" };
  return undefined;
}

/** "ready:1/1,restarts:2" and why a container waits. */
export function podInfo({ status }: Pod): string {
  const containers = status?.containerStatuses ?? [];
  const ready = containers.filter((container) => container.ready).length;
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const waiting = containers.map(({ state }) => state.waiting?.message).find((message) => message !== undefined);
  const counts = `ready:${ready}/${Math.max(containers.length, 1)}${restarts > 0 ? `,restarts:${restarts}` : ""}`;
  return waiting === undefined ? counts : `${counts} ${waiting.split("\n", 1)[0]}`;
}
