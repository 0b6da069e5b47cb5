// The tree view: a block of facts about the rollout, then its objects as a tree. Known from Argo Rollouts; added are the
// error rates of both versions, the reason of the last decision, and what happens next.

import type { KubeObject } from "../../core/kubernetes/object.ts";
import type { Canary } from "../../core/spec/canary.ts";
import type { RolloutView, VersionView } from "../rollout-view.ts";
import { ageOf } from "./age.ts";
import { stepText } from "./canary-table.ts";
import { decisionText, evidenceLines, type Fact, nextText, stepName } from "./evidence.ts";
import { wrapWords } from "./fit.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Paint } from "./paint.ts";
import { phaseText } from "./phase.ts";
import { tableLines } from "./table.ts";
import { deploymentHealth, type Health, podHealth, podInfo, replicaSetHealth } from "./workload-status.ts";

export interface TreeOptions {
  nowMs: number;
  paint: Paint;
  glyphs: Glyphs;
  /** Of the terminal: sentences are wrapped to it. */
  columns?: number;
}

/** The second column of the fact block. */
const FACTS_AT = 17;
/** Narrower than this nothing is gained by wrapping. */
const NARROWEST = 20;

export function treeLines(view: RolloutView, options: TreeOptions): string[] {
  return [...headerLines(view, options), "", ...objectLines(view, options)];
}

function headerLines({ canary, versions }: RolloutView, options: TreeOptions): string[] {
  const { paint, glyphs } = options;
  const { metadata, spec, status } = canary;
  const facts: Fact[] = [
    ["Name", metadata.name],
    ["Namespace", metadata.namespace ?? ""],
    ["Status", phaseText(status?.phase, glyphs, paint)],
    ["Message", status?.message ?? "no controller has looked at it yet"],
    ["Strategy", "Steps"],
    ["  Step", `${stepText(canary)}${stepName(spec.strategy.steps[status?.rollout?.step ?? -1])}`],
    ["  SetWeight", weight(canary, "wanted")],
    ["  ActualWeight", actualWeight(canary)],
    ...imageFacts(versions, paint),
    ...evidenceLines(status),
  ];
  const decision = status && decisionText(status, options.nowMs);
  if (decision !== undefined) facts.push(["Last decision", decision]);
  const next = status && nextText(status, options.nowMs);
  if (next !== undefined) facts.push(["Next", next]);
  return facts.flatMap((fact) => factLines(fact, options));
}

function factLines([name, value, tone]: Fact, { paint, columns = Number.POSITIVE_INFINITY }: TreeOptions): string[] {
  const lines = wrapWords(value, Math.max(columns - FACTS_AT, NARROWEST));
  return lines.map((line, i) => {
    const label = name === "" || i > 0 ? "" : `${name}:`;
    return `${label.padEnd(FACTS_AT)}${line === "" ? "" : paint(tone, line)}`.trimEnd();
  });
}

function weight({ status }: Canary, which: "wanted" | "written"): string {
  const weights = status?.weight;
  if (weights === undefined) return "-";
  return `${weights[which]}${weights.total === 100 ? "" : ` of ${weights.total}`}`;
}

/** What the counters show, else what the proxies have acknowledged, else what is written. */
function actualWeight(canary: Canary): string {
  const weights = canary.status?.weight;
  if (weights === undefined) return "-";
  if (weights.observed !== undefined) return `${weights.observed} (seen in the traffic)`;
  if (weights.acknowledged !== undefined) return `${weights.acknowledged} (acknowledged by the proxies)`;
  return `${weight(canary, "written")} (written)`;
}

function imageFacts(versions: VersionView[], paint: Paint): Fact[] {
  return [...versions].reverse().flatMap(({ role, deployment }): Fact[] => {
    const images = deployment?.spec.template.spec.containers.map(({ image }) => image) ?? [];
    return images.map((image) => [
      role === "stable" ? "Images" : "",
      `${image} (${paint(role === "canary" ? "yellow" : "green", role)})`,
    ]);
  });
}

interface Row {
  label: string;
  kind: string;
  health: Health | undefined;
  object: KubeObject | undefined;
  info: string;
  children: Row[];
}

function objectLines(view: RolloutView, options: TreeOptions): string[] {
  const { canary } = view;
  const { paint, glyphs, nowMs } = options;
  const rows = view.versions.map((version) => versionRow(version, canary, options));
  const root = [`${glyphs.canary} ${canary.metadata.name}`, "Canary", phaseText(canary.status?.phase, glyphs, paint)];
  const lines = [[...root, ageOf(canary.metadata.creationTimestamp, nowMs), ""], ...flatten(rows, "", options)];
  return tableLines(["NAME", "KIND", "STATUS", "AGE", "INFO"], lines);
}

function versionRow(version: VersionView, canary: Canary, { glyphs, paint }: TreeOptions): Row {
  const weights = canary.status?.weight;
  const written =
    weights === undefined ? undefined : version.role === "canary" ? weights.written : weights.total - weights.written;
  const role = paint(version.role === "canary" ? "yellow" : "green", version.role);
  return {
    label: `${glyphs.revision} ${version.name}`,
    kind: "Deployment",
    health: deploymentHealth(version.deployment),
    object: version.deployment,
    info: written === undefined ? role : `${role},weight:${written}`,
    children: version.replicaSets.map(({ replicaSet, pods }) => ({
      label: `${glyphs.replicaSet} ${replicaSet.metadata.name}`,
      kind: "ReplicaSet",
      health: replicaSetHealth(replicaSet),
      object: replicaSet,
      info: "",
      children: pods.map((pod) => ({
        label: `${glyphs.pod} ${pod.metadata.name}`,
        kind: "Pod",
        health: podHealth(pod),
        object: pod,
        info: podInfo(pod),
        children: [],
      })),
    })),
  };
}

function flatten(rows: Row[], indent: string, options: TreeOptions): string[][] {
  const { glyphs, paint, nowMs } = options;
  return rows.flatMap((row, i) => {
    const last = i === rows.length - 1;
    const { label, kind, health, object, info, children } = row;
    const status = health === undefined ? "" : paint(health.tone, `${glyphs[health.glyph]} ${health.word}`);
    const age = object === undefined ? "" : ageOf(object.metadata.creationTimestamp, nowMs);
    const line = [`${indent}${last ? glyphs.last : glyphs.branch}${label}`, kind, status, age, info];
    return [line, ...flatten(children, `${indent}${last ? "   " : glyphs.bar}`, options)];
  });
}
