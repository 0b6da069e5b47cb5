// Act 1: a person with kubectl. Each file is applied as it is; then the traffic is watched until the counts tell.

import type { KubeObject } from "../core/kubernetes/object.ts";
import { DEPLOYMENTS, ENDPOINT_SLICES, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import type { Deployment, EndpointSlice } from "../core/kubernetes/workload.ts";
import type { Tally } from "../load/tally.ts";
import { ACT_ONE, type HandPhase, NAMESPACE } from "./acts.ts";
import { applyObject } from "./apply.ts";
import { formatCount, formatShares, harmedByUs, sharesOf, splitProblem } from "./counts.ts";
import { displayName, readDocuments, resourceOf } from "./documents.ts";
import { check, type Play, type Stage } from "./stage.ts";
import { find, isAvailable, pause, until, type Waiting } from "./wait.ts";

export async function playByHand(play: Play): Promise<void> {
  for (const phase of ACT_ONE.phases) await playPhase(play, phase);
}

async function playPhase(play: Play, { title, file, expected }: HandPhase): Promise<void> {
  const { stage, traffic } = play;
  stage.narrator.line("");
  // The first file was applied before the first answer; told again it changes nothing.
  const first = file === ACT_ONE.phases[0]!.file;
  traffic.phase(`before ${file}`);
  const objects = first ? await readDocuments(stage.examples.dir, file) : await applyFile(stage, file);
  await confirmRoutes(stage, play, objects);
  const tally = traffic.phase(file);
  play.chapters.push({ act: ACT_ONE.title, title, phase: file, file, expected });
  await watchCounts(play, tally, stage.pace.phaseMs, expected);
  const reading = tally.read();
  const shares = formatShares(sharesOf(reading, Object.keys(expected)));
  const failed = harmedByUs(reading);
  const problem = splitProblem(reading, expected) ?? (failed > 0 ? `${failed} requests failed` : undefined);
  const held = `${title}: ${shares}, none of ${formatCount(reading.done)} failed`;
  check(play, held, problem === undefined ? undefined : `${file}: ${problem}`);
}

/** Applies every object of a file, and says what kubectl would say. Returns them as they are stored. */
export async function applyFile(stage: Stage, file: string, change: Change = unchanged): Promise<KubeObject[]> {
  stage.narrator.command(`kubectl apply -f ${stage.examples.shown}/${file}`);
  const stored: KubeObject[] = [];
  for (const object of await readDocuments(stage.examples.dir, file)) {
    const applied = await applyObject(stage.cluster, await change(object, stored));
    stage.record.add(applied.object);
    stage.narrator.line(`    ${displayName(object)} ${applied.what}`);
    stored.push(applied.object);
  }
  return stored;
}

/** What to apply for an object of the file, given what was applied before it. */
type Change = (object: KubeObject, before: readonly KubeObject[]) => KubeObject | Promise<KubeObject>;

const unchanged: Change = (object) => object;

/** Waits until the proxies work by the routes as they are stored now: weight is confirmed, not assumed. */
export async function confirmRoutes(stage: Stage, waiting: Waiting, objects: KubeObject[]): Promise<void> {
  for (const object of objects) {
    if (object.kind !== VIRTUAL_SERVICES.kind) continue;
    const key = { namespace: object.metadata.namespace, name: object.metadata.name };
    const what = `the gateway to take up ${displayName(object)}`;
    await until(waiting, { what, everyMs: 10, timeoutMs: 20_000 }, async () => {
      const stored = await stage.cluster.get(resourceOf(object), key);
      const answer = await stage.dataPlane.acknowledged(VIRTUAL_SERVICES, key, stored.metadata.resourceVersion ?? "");
      return answer.acknowledged ? true : undefined;
    });
  }
}

export async function untilAvailable(stage: Stage, waiting: Waiting, objects: readonly KubeObject[]): Promise<void> {
  for (const { kind, metadata } of objects) {
    if (kind !== DEPLOYMENTS.kind) continue;
    const what = `deployment ${metadata.name} to become available (its pods tell why: kubectl get pods)`;
    await until(waiting, { what, everyMs: 25, timeoutMs: 60_000 }, async () => {
      const key = { namespace: metadata.namespace, name: metadata.name };
      const deployment = await find<Deployment>(stage.cluster, DEPLOYMENTS, key);
      return deployment !== undefined && isAvailable(deployment) ? true : undefined;
    });
  }
}

/** Make before break: every available pod is known to the gateway, so that a route to them may open. */
export async function untilServed(stage: Stage, waiting: Waiting, objects: readonly KubeObject[]): Promise<void> {
  await untilAvailable(stage, waiting, objects);
  const wanted = objects
    .filter(({ kind }) => kind === DEPLOYMENTS.kind)
    .reduce((sum, deployment) => sum + ((deployment as Deployment).spec.replicas ?? 1), 0);
  const what = "the gateway to know all pods";
  await until(waiting, { what, everyMs: 10, timeoutMs: 20_000 }, async () => {
    const { items } = await stage.cluster.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: NAMESPACE });
    const ready = items.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready === true));
    if (ready.length < wanted) return undefined;
    for (const { metadata } of items) {
      const key = { namespace: metadata.namespace, name: metadata.name };
      const { acknowledged } = await stage.dataPlane.acknowledged(ENDPOINT_SLICES, key, metadata.resourceVersion ?? "");
      if (!acknowledged) return undefined;
    }
    return true;
  });
}

/** Shows live counts for a while. */
export async function watchCounts(
  play: Play,
  tally: Tally,
  durationMs: number,
  expected: Record<string, number>,
): Promise<void> {
  const { stage } = play;
  const endMs = stage.clock.now() + durationMs;
  const everyMs = stage.narrator.live ? 200 : stage.pace.lineMs;
  for (;;) {
    const leftMs = endMs - stage.clock.now();
    if (leftMs <= 0) break;
    await pause(play, Math.min(everyMs, leftMs));
    if (endMs > stage.clock.now() || stage.narrator.live) stage.narrator.status(countsLine(play, tally, expected));
  }
  await untilSettled(play, tally);
}

export function countsLine(play: Play, tally: Tally, expected: Record<string, number> = {}): string {
  const reading = tally.read();
  const wanted = Object.values(expected).join("/");
  const shares = formatShares(sharesOf(reading, Object.keys(expected)));
  const failures = Object.entries(reading.failures).map(([what, count]) => `${count} x ${what}`);
  if (reading.done === 0) return "no answer yet";
  return [
    shares,
    wanted === "" ? "" : `wanted ${wanted}`,
    failures.length === 0 ? "failed 0" : `failed: ${failures.join(", ")}`,
    `p99 ${reading.latencyMs.p99.toFixed(0)} ms`,
    `${play.traffic.ratePerSecond}/s`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}

/** A phase is judged by all its answers: the last ones are still under way. New requests go to the next tally. */
async function untilSettled(play: Play, tally: Tally): Promise<void> {
  play.traffic.phase("between");
  const what = "the last answers of a phase";
  await until(play, { what, everyMs: 5, timeoutMs: 15_000 }, () => {
    const { sent, done } = tally.read();
    return sent === done ? true : undefined;
  });
}
