// Carries out what rollout.ts decides: ReplicaSets created, scaled and removed, status written.

import { DEPLOYMENTS, REPLICA_SETS } from "../../../core/kubernetes/resource.ts";
import { matchesSelector } from "../../../core/kubernetes/selector.ts";
import type { Deployment, Pod, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { isClusterError } from "../../../ports/cluster.ts";
import { type ControllerContext, type OwnerContext, ownerContext } from "../controller-context.ts";
import { timeText } from "../events.ts";
import { FIELD_MANAGER, queueSelecting, writeStatus } from "../owner-writes.ts";
import type { KeyQueue } from "../queue.ts";
import { controllerOf, fromKey, keyOf, type Watches } from "../watches.ts";
import { controllerReference, copiedAnnotations, REVISION, sizeAnnotations } from "./replica-sets.ts";
import { planRollout, type RolloutPlan } from "./rollout.ts";
import { deadlineMs, deploymentStatus } from "./status.ts";
import { sameTemplate } from "./template-hash.ts";

export function deploymentController(shared: ControllerContext): KeyQueue {
  const { watches, queue, expectations } = ownerContext(shared, "deployment", reconcile);
  watches.deployments.onChange(({ key }) => queue.add(`${key.namespace}/${key.name}`));
  watches.replicaSets.onChange(({ object, before }) => {
    const set = object ?? before!;
    expectations.met(keyOf(set), object === undefined ? undefined : set.metadata.resourceVersion);
    const owner = controllerOf(set);
    if (owner?.kind === "Deployment") queue.add(`${set.metadata.namespace}/${owner.name}`);
    else queueSelecting(watches.deployments.list(), queue, set);
  });
  // Recreate waits until the old pods are gone.
  watches.pods.onChange(({ object, before }) => {
    const owner = object === undefined && before !== undefined ? controllerOf(before) : undefined;
    const set = owner && watches.replicaSets.get({ namespace: before!.metadata.namespace, name: owner.name });
    const deployment = set && controllerOf(set);
    if (deployment) queue.add(`${before!.metadata.namespace}/${deployment.name}`);
  });
  return queue;
}

async function reconcile(context: OwnerContext, key: string): Promise<void> {
  const { watches, queue, expectations, clock } = context;
  const deployment = watches.deployments.get(fromKey(key));
  if (deployment === undefined || !expectations.settled(key, clock.now())) return;
  if (deployment.metadata.deletionTimestamp !== undefined) return;
  const owned = await claim(context, deployment);
  const plan = planRollout(deployment, owned, oldPods(watches, deployment, owned));
  await carryOut(context, deployment, plan);
  const status = deploymentStatus(deployment, plan, timeText(clock.now()));
  await writeStatus(context.cluster, DEPLOYMENTS, deployment, status);
  await writeRevision(context, deployment, plan.revision);
  const dueMs = deadlineMs(deployment, status);
  // One second more, since times have whole seconds.
  if (dueMs !== undefined) queue.addAfter(key, dueMs - clock.now() + 1_000);
}

/** The Deployment's ReplicaSets; orphans that match its selector become its own. */
async function claim({ cluster, watches }: ControllerContext, deployment: Deployment): Promise<ReplicaSet[]> {
  const { namespace, uid } = deployment.metadata;
  const inNamespace = watches.replicaSets.list().filter((set) => set.metadata.namespace === namespace);
  const owned = inNamespace.filter((set) => controllerOf(set)?.uid === uid);
  const orphans = inNamespace.filter(
    (set) =>
      controllerOf(set) === undefined &&
      set.metadata.deletionTimestamp === undefined &&
      matchesSelector(deployment.spec.selector, set.metadata.labels),
  );
  const adopted = await Promise.all(
    orphans.map((set) => {
      const ownerReferences = [...(set.metadata.ownerReferences ?? []), controllerReference(deployment)];
      const body = { metadata: { ownerReferences, resourceVersion: set.metadata.resourceVersion } };
      return cluster.patch<ReplicaSet>(REPLICA_SETS, keyed(set), { type: "merge", body });
    }),
  );
  return [...owned, ...adopted];
}

async function carryOut(context: OwnerContext, deployment: Deployment, plan: RolloutPlan): Promise<void> {
  if (plan.create !== undefined) await createSet(context, deployment, plan.create);
  for (const { set, from, to } of plan.scale) {
    const verb = to > from ? "up" : "down";
    await resize(context, deployment, set, to);
    const message = `Scaled ${verb} replica set ${set.metadata.name} from ${from} to ${to}`;
    context.events.record(deployment, "Normal", "ScalingReplicaSet", message);
  }
  const scaled = new Set(plan.scale.map(({ set }) => set));
  for (const set of plan.sets.all.filter((each) => !scaled.has(each)))
    if (needsAnnotations(deployment, plan, set)) await resize(context, deployment, set, undefined);
  await numberCurrent(context, deployment, plan);
  for (const set of plan.remove)
    await context.cluster.delete(REPLICA_SETS, keyed(set), { preconditions: { uid: set.metadata.uid } });
}

async function createSet(context: OwnerContext, deployment: Deployment, set: ReplicaSet): Promise<void> {
  const { cluster, events } = context;
  try {
    const created = await cluster.create(REPLICA_SETS, set, { fieldManager: FIELD_MANAGER });
    awaitEcho(context, deployment, created);
  } catch (error) {
    if (!isClusterError(error, "AlreadyExists")) throw error;
    await resolveCollision(context, deployment, set);
    return;
  }
  const message = `Scaled up replica set ${set.metadata.name} from 0 to ${set.spec.replicas}`;
  events.record(deployment, "Normal", "ScalingReplicaSet", message);
}

/** A ReplicaSet of that name with another template: the next hash takes the collision count in. */
async function resolveCollision(
  { cluster }: ControllerContext,
  deployment: Deployment,
  set: ReplicaSet,
): Promise<void> {
  const existing = await cluster.get<ReplicaSet>(REPLICA_SETS, keyed(set));
  const ours = controllerOf(existing)?.uid === deployment.metadata.uid;
  if (ours && sameTemplate(existing.spec.template, set.spec.template)) return;
  const { collisionCount = 0 } = (deployment.status ?? {}) as { collisionCount?: number };
  const body = { status: { collisionCount: collisionCount + 1 } };
  await cluster.patch(DEPLOYMENTS, keyed(deployment), { type: "merge", body }, { subresource: "status" });
}

async function resize(
  context: OwnerContext,
  deployment: Deployment,
  set: ReplicaSet,
  replicas: number | undefined,
): Promise<void> {
  const { resourceVersion } = set.metadata;
  const body = {
    metadata: { resourceVersion, annotations: sizeAnnotations(deployment) },
    ...(replicas === undefined ? {} : { spec: { replicas } }),
  };
  const options = { fieldManager: FIELD_MANAGER };
  const written = await context.cluster.patch<ReplicaSet>(REPLICA_SETS, keyed(set), { type: "merge", body }, options);
  awaitEcho(context, deployment, written);
}

function needsAnnotations(deployment: Deployment, plan: RolloutPlan, set: ReplicaSet): boolean {
  if (set !== plan.sets.current && (set.spec.replicas ?? 1) === 0) return false;
  return Object.entries(sizeAnnotations(deployment)).some(([key, value]) => set.metadata.annotations?.[key] !== value);
}

/** The current ReplicaSet's revision, annotations and minReadySeconds follow the Deployment. */
async function numberCurrent(
  { cluster, watches }: ControllerContext,
  deployment: Deployment,
  { sets: { current }, revision }: RolloutPlan,
): Promise<void> {
  if (current === undefined) return;
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const known = watches.replicaSets.get(keyed(current)) ?? current;
  const annotations = { ...copiedAnnotations(deployment), [REVISION]: String(revision) };
  const noted = Object.entries(annotations).every(([key, value]) => known.metadata.annotations?.[key] === value);
  if (noted && (known.spec.minReadySeconds ?? 0) === minReadySeconds) return;
  const body = { metadata: { annotations }, spec: { minReadySeconds } };
  await cluster.patch(REPLICA_SETS, keyed(current), { type: "merge", body }, { fieldManager: FIELD_MANAGER });
}

/** Until the watch shows this version, decisions would rest on the old size. */
function awaitEcho({ watches, expectations, clock }: OwnerContext, deployment: Deployment, written: ReplicaSet): void {
  const { resourceVersion } = written.metadata;
  const known = watches.replicaSets.get(keyed(written));
  if (Number(known?.metadata.resourceVersion ?? 0) >= Number(resourceVersion)) return;
  expectations.expect(keyOf(deployment), keyOf(written), clock.now(), resourceVersion);
}

async function writeRevision({ cluster }: ControllerContext, deployment: Deployment, revision: number): Promise<void> {
  if (deployment.metadata.annotations?.[REVISION] === String(revision)) return;
  const body = { metadata: { annotations: { [REVISION]: String(revision) } } };
  await cluster.patch(DEPLOYMENTS, keyed(deployment), { type: "merge", body }, { fieldManager: FIELD_MANAGER });
}

function oldPods(watches: Watches, deployment: Deployment, owned: ReplicaSet[]): number {
  const old = new Set(
    owned.filter((set) => !sameTemplate(set.spec.template, deployment.spec.template)).map((set) => set.metadata.uid),
  );
  if (old.size === 0) return 0;
  const isOld = (pod: Pod) =>
    old.has(controllerOf(pod)?.uid) && pod.status?.phase !== "Failed" && pod.status?.phase !== "Succeeded";
  return watches.pods.list().filter(isOld).length;
}

function keyed({ metadata: { namespace, name } }: { metadata: { namespace?: string; name: string } }) {
  return { namespace, name };
}
