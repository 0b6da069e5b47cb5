// What must be true when a world has been calm for long: every story has an end or a reason, and the end fits the story.

import { parseDurationMs } from "../../src/core/kubernetes/duration.ts";
import { VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import type { Scenario } from "./scenario.ts";
import { CANARY, STABLE } from "./workloads.ts";
import type { World } from "./world.ts";

/** So many failed requests beside a healthy stable version cannot be missed. At 100 % nothing is beside it any more. */
const CANNOT_BE_MISSED = 60;

export async function judgeEnd(world: World, scenario: Scenario): Promise<string> {
  const canary = await world.canary();
  const weight = await world.weight();
  if (canary === undefined) {
    await judgeQuiet(world);
    return `deleted at ${weight}`;
  }
  if (canary.metadata.deletionTimestamp !== undefined) world.witness.blame(5, "the deleted Canary was never let go");
  const { status } = canary;
  if (status === undefined) {
    world.witness.blame(5, "the Canary has no status");
    return "nothing";
  }
  judgeStatus(world, status);
  judgeVerdict(world, scenario, status, weight);
  await judgeQuiet(world);
  return `${status.phase} ${status.rollout?.endReason ?? ""}`.trim();
}

/** Nothing is stuck without a reason and a next look. */
function judgeStatus(world: World, { phase, message, conditions, nextAction, rollout }: CanaryStatus): void {
  if (message === "") world.witness.blame(5, `${phase} without a message`);
  if (conditions.length === 0) world.witness.blame(5, `${phase} without conditions`);
  const running = rollout !== undefined && rollout.endedAt === undefined;
  if (running && nextAction === undefined) world.witness.blame(5, `${phase} without a next action: ${message}`);
  if (phase === "Progressing") world.witness.blame(5, `still Progressing after a long calm: ${message}`);
}

function judgeVerdict(world: World, scenario: Scenario, status: CanaryStatus, weight: number): void {
  const { phase, rollout } = status;
  const { errorShare } = scenario;
  const noErrors = errorShare[STABLE] === 0 && errorShare[CANARY] === 0 && world.mesh.unserved === 0;
  if (noErrors && rollout?.endReason === "ErrorsWorse")
    world.witness.blame(6, "a version without a single error was taken back for its errors");
  // After the end the route belongs to people: what they wrote last stands.
  const own = !world.witness.handWroteLast;
  if (own && phase === "Completed" && weight !== 100) world.witness.blame(5, `Completed at ${weight}`);
  if (own && (phase === "Aborted" || phase === "Undone") && weight !== 0)
    world.witness.blame(2, `${phase} at ${weight}`);
  if (phase === "Completed" && failuresSeenBeside(scenario) > CANNOT_BE_MISSED)
    world.witness.blame(5, `promoted a version with ${errorShare[CANARY] * 100} % errors`);
}

/** Failures that the canary must show while stable serves beside it, in an undisturbed course of the steps. */
function failuresSeenBeside({ steps, errorShare, requestsPerSecond, events }: Scenario): number {
  if (events.length > 0) return 0;
  let [weight, failures] = [0, 0];
  for (const step of steps) {
    if ("setWeight" in step) weight = step.setWeight;
    else if (weight < 100)
      failures += ((parseDurationMs(step.pause.duration ?? "0") ?? 0) / 1_000) * requestsPerSecond * (weight / 100);
  }
  return failures * (errorShare[CANARY] - errorShare[STABLE]);
}

/** Where nothing changes any more, nothing is written any more. */
async function judgeQuiet(world: World): Promise<void> {
  const read = () => world.cluster.get(VIRTUAL_SERVICES, { namespace: world.namespace, name: "echo" });
  const [before, status] = [await read(), await world.canary()];
  await world.pass(15_000);
  const [after, later] = [await read(), await world.canary()];
  if (before.metadata.resourceVersion !== after.metadata.resourceVersion)
    world.witness.blame(5, "the route is still written though nothing changes");
  const ended = status?.status?.rollout?.endedAt !== undefined;
  if (ended && status?.metadata.resourceVersion !== later?.metadata.resourceVersion)
    world.witness.blame(5, "the status is still written though the rollout has ended");
}
