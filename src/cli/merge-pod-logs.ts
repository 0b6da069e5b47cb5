// Several pods' logs as one stream of lines; followed, pods that come later join in.

import { PODS } from "../core/kubernetes/resource.ts";
import { type LabelSelector, matchesSelector } from "../core/kubernetes/selector.ts";
import type { Pod } from "../core/kubernetes/workload.ts";
import { Informer } from "../informer/informer.ts";
import { isClusterError } from "../ports/cluster.ts";
import type { PodLogOptions } from "../ports/pod-logs.ts";
import type { Tone } from "./format/paint.ts";
import { informerLog } from "./informer-log.ts";
import type { Connected, Session } from "./session.ts";

export interface LogSource {
  role: string;
  selector: LabelSelector;
}

export interface MergeOptions extends PodLogOptions {
  prefix: boolean;
}

export async function mergePodLogs(
  session: Session,
  connection: Connected,
  sources: LogSource[],
  options: MergeOptions,
): Promise<void> {
  const read = (pod: Pod) => readPod(session, connection, { pod, role: roleOf(pod, sources) ?? "", options });
  if (options.follow === true) return follow(session, connection, sources, read);
  const { items } = await connection.cluster.list<Pod>(PODS, { namespace: connection.namespace });
  const pods = items
    .filter((pod) => roleOf(pod, sources) !== undefined)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  if (pods.length === 0) session.hint("No pods.");
  for (const pod of pods) await read(pod);
}

async function follow(
  session: Session,
  { cluster, namespace }: Connected,
  sources: LogSource[],
  read: (pod: Pod) => Promise<void>,
): Promise<void> {
  const { world } = session;
  const started = new Set<string>();
  const log = informerLog(session);
  const pods = new Informer<Pod>({ cluster, resource: PODS, namespace, clock: world.clock, log });
  const failed = new AbortController();
  let failure: unknown;
  pods.onChange(({ object }) => {
    if (object === undefined || roleOf(object, sources) === undefined || !hasRun(object)) return;
    if (started.has(runKey(object))) return;
    started.add(runKey(object));
    read(object).catch((error: unknown) => {
      failure ??= error;
      failed.abort();
    });
  });
  await pods.start(AbortSignal.any([world.interrupted, failed.signal]));
  if (failure !== undefined) throw failure;
}

function roleOf({ metadata }: Pod, sources: LogSource[]): string | undefined {
  return sources.find(({ selector }) => matchesSelector(selector, metadata.labels))?.role;
}

function hasRun({ status }: Pod): boolean {
  return (
    status?.containerStatuses?.some(({ state }) => state.running !== undefined || state.terminated !== undefined) ===
    true
  );
}

/** A restarted container has a new log. */
function runKey({ metadata, status }: Pod): string {
  const restarts = (status?.containerStatuses ?? []).map(({ restartCount }) => restartCount).join(",");
  return `${metadata.uid ?? metadata.name}/${restarts}`;
}

interface Reading {
  pod: Pod;
  role: string;
  options: MergeOptions;
}

async function readPod(session: Session, { podLogs }: Connected, { pod, role, options }: Reading): Promise<void> {
  const { world, paint } = session;
  const { name, namespace = "default", uid = "" } = pod.metadata;
  const tone: Tone = role === "canary" ? "yellow" : "green";
  const prefix = options.prefix ? `${paint(tone, `[${name}]`)} ` : "";
  try {
    for await (const line of podLogs.read({ namespace, name, uid }, options))
      world.stdout.write(`${prefix}${line.endsWith("\n") ? line : `${line}\n`}`);
  } catch (error) {
    // Gone, or not started: the others still have something to say.
    if (!isClusterError(error, "NotFound", "BadRequest")) throw error;
    session.detail(`no log of pod ${name}: ${error.message}`);
  }
}
