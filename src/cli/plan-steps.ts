// The route changes that a Canary's steps will make, each against the state that the step before leaves.

import { isDeepStrictEqual } from "node:util";
import type { Canary, Step } from "../core/spec/canary.ts";
import type { SplitReading, TrafficTarget } from "../core/traffic/split.ts";
import type { RouteChange, TrafficRouter } from "../ports/traffic-router.ts";
import { EXIT } from "./exit-codes.ts";
import { stepName } from "./format/evidence.ts";
import { Problem } from "./problems.ts";
import { versionsOf } from "./rollout-view.ts";

export interface StepChange {
  title: string;
  /** For steps that move nothing, why. */
  note?: string;
  changes: RouteChange[];
}

/** From the step that the rollout is at; all steps for a Canary whose versions differ from those of its rollout. */
export async function planOf(router: TrafficRouter, canary: Canary, namespace: string): Promise<StepChange[]> {
  const { spec, status } = canary;
  const same = status?.rollout?.stable === spec.versions.stable && status.rollout.canary === spec.versions.canary;
  if (same && status.rollout?.endedAt !== undefined)
    return [{ title: `rollout ${status.rollout.id}`, note: "has ended; nothing is left to move", changes: [] }];
  const versions = same ? versionsOf(canary) : spec.versions;
  const target = (same ? status.traffic : undefined) ?? (await resolve(router, canary, { namespace, ...versions }));
  const reading = await router.read(target);
  if (reading.canaryWeight === undefined)
    throw new Problem(
      `canary "${canary.metadata.name}": the split cannot be read: ${reading.problem ?? "the routes disagree"}`,
      EXIT.failed,
    );
  return changesOf(router, target, reading, {
    steps: spec.strategy.steps,
    from: same ? (status.rollout?.step ?? 0) : 0,
  });
}

async function resolve(
  router: TrafficRouter,
  { metadata, spec }: Canary,
  query: { namespace: string; stable: string; canary: string },
): Promise<TrafficTarget> {
  const resolution = await router.resolve({ ...query, traffic: spec.traffic });
  if (resolution.ok) return resolution.target;
  throw new Problem(`canary "${metadata.name}": ${resolution.message} (${resolution.reason})`, EXIT.failed);
}

async function changesOf(
  router: TrafficRouter,
  target: TrafficTarget,
  reading: SplitReading,
  { steps, from }: { steps: readonly Step[]; from: number },
): Promise<StepChange[]> {
  const plan: StepChange[] = [];
  let before: RouteChange[] | undefined;
  for (const [index, step] of [...steps, { setWeight: 100 }].entries()) {
    if (index < from) continue;
    const last = index === steps.length;
    const title = last ? "at the end: setWeight 100" : `step ${index + 1}/${steps.length}:${stepName(step)}`;
    if (!("setWeight" in step)) plan.push({ title, note: "no route changes", changes: [] });
    else {
      const after = await router.preview(target, reading, Math.round((step.setWeight / 100) * target.total));
      const changes = after.map((change, i) => ({ ...change, before: before?.[i]?.after ?? change.before }));
      const moved = changes.filter((change) => !isDeepStrictEqual(change.before, change.after));
      before = after;
      if (moved.length > 0) plan.push({ title, changes: moved });
      else if (!last) plan.push({ title, note: "the weights are there already", changes: [] });
    }
  }
  return plan;
}
