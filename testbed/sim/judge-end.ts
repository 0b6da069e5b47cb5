// What must be true when a world has been calm for long: every story has an end or a reason, and the end fits the story.

import { VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import type { Scenario } from "./scenario.ts";
import { CANARY, STABLE } from "./workloads.ts";
import type { World } from "./world.ts";

/** Clearly broken releases: whoever lets one through with traffic on it is blind. */
const CLEARLY_BAD = 0.2;

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

function judgeVerdict(world: World, { errorShare }: Scenario, status: CanaryStatus, weight: number): void {
  const { phase, rollout, evidence } = status;
  const noErrors = errorShare[STABLE] === 0 && errorShare[CANARY] === 0 && world.mesh.unserved === 0;
  if (noErrors && rollout?.endReason === "ErrorsWorse")
    world.witness.blame(6, "a version without a single error was taken back for its errors");
  if (phase === "Completed" && weight !== 100) world.witness.blame(5, `Completed at ${weight}`);
  if ((phase === "Aborted" || phase === "Undone") && weight !== 0) world.witness.blame(2, `${phase} at ${weight}`);
  const asked = (evidence?.canary.requests ?? 0) > 200;
  if (phase === "Completed" && asked && errorShare[CANARY] - errorShare[STABLE] > CLEARLY_BAD && rollout?.full !== true)
    world.witness.blame(5, `promoted a version with ${errorShare[CANARY] * 100} % errors`);
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
