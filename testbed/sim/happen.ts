// Makes one event of a scenario happen, and holds its outcome against the rules where it can be told for sure: no faults,
// a rollout under way, and nothing else going on.

import { CANARIES } from "../../src/core/kubernetes/resource.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import type { Verb } from "../../src/core/spec/action.ts";
import { isClusterError } from "../../src/ports/cluster.ts";
import { writeByHand, writeTimeout } from "./route.ts";
import type { SimEvent } from "./scenario.ts";
import { CANARY, STABLE } from "./workloads.ts";
import type { World } from "./world.ts";

/** An abort by an action, or a foreign edit set right, takes at most this long in a world without faults. */
const AT_ONCE_MS = 500;
const SET_RIGHT_MS = 1_000;

export async function happen(world: World, event: SimEvent): Promise<void> {
  const before = await world.status();
  const sure = !world.hasBadDays && isUnderWay(before) && world.workloads.ready(STABLE) > 0;
  switch (event.kind) {
    case "action":
      return act(world, event, before, sure);
    case "handTakes":
      return handTakes(world, sure);
    case "handGives":
      return handGives(world, sure);
    case "gitOps":
      return gitOps(world, before, sure);
    case "timeout":
      return edit(world, () => writeTimeout(world.cluster, world.namespace, "7s"));
    case "unready":
      await world.workloads.setReady(event.side, 0);
      await world.pass(event.forMs);
      return world.workloads.setReady(event.side, world.workloads.replicas(event.side));
    case "blind":
      world.mesh.blind = true;
      await world.pass(event.forMs);
      world.mesh.blind = false;
      return;
    case "quiet":
      world.mesh.quiet = true;
      await world.pass(event.forMs);
      world.mesh.quiet = false;
      return;
    case "clockJump":
      return world.clock.jump(event.byMs);
    case "deleteCanary":
      return deleteCanary(world);
    case "changeTemplate":
      return world.workloads.changeTemplate(CANARY);
    case "breakWatches":
      return world.breakWatches();
  }
}

function isUnderWay(status: CanaryStatus | undefined): boolean {
  const rollout = status?.rollout;
  return rollout !== undefined && rollout.endReason === undefined;
}

async function act(
  world: World,
  { verb, doubled, stale }: Extract<SimEvent, { kind: "action" }>,
  before: CanaryStatus | undefined,
  sure: boolean,
): Promise<void> {
  const rollout = stale === true ? "no-such-rollout" : before?.rollout?.id;
  const count = doubled === true ? 2 : 1;
  for (let each = 0; each < count; each++) await ask(world, verb, rollout);
  if (!sure || verb !== "abort") return;
  await world.pass(AT_ONCE_MS);
  const weight = await world.weight();
  if (stale !== true && weight !== 0)
    world.witness.blame(2, `${AT_ONCE_MS} ms after the abort the canary still has ${weight}`);
}

/** Before any rollout the API itself refuses the verbs that must name one. */
async function ask(world: World, verb: Verb, rollout: string | undefined): Promise<void> {
  try {
    await world.act(verb, rollout === undefined ? {} : { rollout });
  } catch (error) {
    if (rollout !== undefined || !isClusterError(error, "Invalid")) throw error;
  }
}

async function handTakes(world: World, sure: boolean): Promise<void> {
  const had = await world.weight();
  if (had === 0) return;
  await edit(world, () => writeByHand(world.cluster, world.namespace, 0, "kubectl-client-side-apply"));
  if (!sure) return;
  await world.pass(SET_RIGHT_MS);
  const weight = await world.weight();
  if (weight !== 0) world.witness.blame(4, `a person took the traffic back, and the canary has ${weight} again`);
  const status = await world.status();
  if (status?.rollout?.endReason !== "ManualOverride")
    world.witness.blame(4, `a person took the traffic back, and the rollout says ${status?.rollout?.endReason}`);
}

async function handGives(world: World, sure: boolean): Promise<void> {
  const had = await world.weight();
  if (had === 100) return;
  await edit(world, () => writeByHand(world.cluster, world.namespace, 100, "kubectl-edit"));
  if (!sure) return;
  await world.pass(SET_RIGHT_MS);
  const weight = await world.weight();
  const status = await world.status();
  const wanted = status?.weight?.wanted ?? 0;
  if (weight > wanted) world.witness.blame(4, `a foreign 100 still stands at ${weight}, though ${wanted} is wanted`);
}

async function gitOps(world: World, before: CanaryStatus | undefined, sure: boolean): Promise<void> {
  if ((await world.weight()) === 0) return;
  await edit(world, () => writeByHand(world.cluster, world.namespace, 0, "argocd-controller"));
  if (!sure || before?.rollout?.startWeight !== 0) return;
  await world.pass(SET_RIGHT_MS);
  const status = await world.status();
  if (status?.rollout?.endReason === "ManualOverride")
    world.witness.blame(4, "a GitOps manager's re-apply was taken for a person's");
}

async function deleteCanary(world: World): Promise<void> {
  try {
    await world.cluster.delete(CANARIES, { namespace: world.namespace, name: "echo" });
  } catch (error) {
    if (!isClusterError(error, "NotFound")) throw error;
  }
}

/** A person whose edit meets a conflict tries again. */
async function edit(world: World, write: () => Promise<void>): Promise<void> {
  for (let left = 5; left > 0; left--) {
    try {
      await write();
      world.witness.sawHand();
      return;
    } catch (error) {
      if (!isClusterError(error, "Conflict")) throw error;
      await world.pass(10);
    }
  }
}
