// Keeps as many pods as a ReplicaSet asks for, and writes its status.

import { PODS, REPLICA_SETS } from "../../../core/kubernetes/resource.ts";
import type { Pod, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { isClusterError } from "../../../ports/cluster.ts";
import { type ControllerContext, type OwnerContext, ownerContext } from "../controller-context.ts";
import { controllerReference } from "../deployment/replica-sets.ts";
import { NODE_NAME } from "../node.ts";
import { FIELD_MANAGER, queueSelecting, writeStatus } from "../owner-writes.ts";
import type { KeyQueue } from "../queue.ts";
import { controllerOf, fromKey, keyOf } from "../watches.ts";
import { type PodPlan, planPods } from "./plan.ts";
import { replicaSetStatus } from "./status.ts";

export function replicaSetController(shared: ControllerContext): KeyQueue {
  const { watches, queue, expectations } = ownerContext(shared, "replicaset", reconcile);
  watches.replicaSets.onChange(({ key }) => queue.add(`${key.namespace}/${key.name}`));
  watches.pods.onChange(({ object, before }) => {
    const pod = object ?? before!;
    const created = expectations.met(createdEcho(pod));
    const gone = object === undefined || object.metadata.deletionTimestamp !== undefined;
    const deleted = gone ? expectations.met(deletedEcho(pod)) : undefined;
    for (const owner of [created, deleted]) if (owner !== undefined) queue.add(owner);
    for (const each of [object, before]) {
      const owner = each && controllerOf(each);
      if (owner?.kind === "ReplicaSet") queue.add(`${pod.metadata.namespace}/${owner.name}`);
    }
    if (controllerOf(pod) === undefined) queueSelecting(watches.replicaSets.list(), queue, pod);
  });
  return queue;
}

async function reconcile(context: OwnerContext, key: string): Promise<void> {
  const { watches, queue, expectations, clock } = context;
  const set = watches.replicaSets.get(fromKey(key));
  if (set === undefined) return;
  const pods = watches.pods.list().filter(({ metadata }) => metadata.namespace === set.metadata.namespace);
  const settled = expectations.settled(key, clock.now());
  if (set.metadata.deletionTimestamp === undefined && settled) await carryOut(context, set, planPods(set, pods));
  const owned = pods.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
  const { status, nextAvailableMs } = replicaSetStatus(set, owned, clock.now());
  await writeStatus(context.cluster, REPLICA_SETS, set, status);
  if (nextAvailableMs !== undefined) queue.addAfter(key, nextAvailableMs - clock.now() + 1);
}

async function carryOut(context: OwnerContext, set: ReplicaSet, plan: PodPlan): Promise<void> {
  await Promise.all(plan.adopt.map((pod) => setOwner(context, pod, [...others(pod, set), controllerReference(set)])));
  await Promise.all(plan.release.map((pod) => setOwner(context, pod, others(pod, set))));
  await Promise.all(plan.remove.map((pod) => removePod(context, set, pod)));
  await Promise.all(Array.from({ length: plan.create }, () => createPod(context, set)));
}

async function createPod(context: OwnerContext, set: ReplicaSet): Promise<void> {
  const { cluster, events, expectations, clock, watches } = context;
  const created = await cluster.create<Pod>(PODS, podOf(set), { fieldManager: FIELD_MANAGER });
  // The watch may have been faster than the answer.
  if (watches.pods.get(created.metadata) === undefined)
    expectations.expect(keyOf(set), createdEcho(created), clock.now());
  events.record(set, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
}

async function removePod(context: OwnerContext, set: ReplicaSet, pod: Pod): Promise<void> {
  const { cluster, events, expectations, clock } = context;
  expectations.expect(keyOf(set), deletedEcho(pod), clock.now());
  try {
    const { name, namespace, uid } = pod.metadata;
    await cluster.delete(PODS, { name, namespace }, { preconditions: { uid } });
    events.record(set, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  } catch (error) {
    expectations.met(deletedEcho(pod));
    if (!isClusterError(error, "NotFound")) throw error;
  }
}

/** There is one node, so its pods are placed when they are made. */
function podOf(set: ReplicaSet): Pod {
  const { template } = set.spec;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "",
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: { ...template.metadata?.labels },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: { ...template.metadata.annotations } }),
      ownerReferences: [controllerReference(set)],
    },
    spec: { ...structuredClone(template.spec), nodeName: NODE_NAME },
  };
}

async function setOwner(
  { cluster }: ControllerContext,
  pod: Pod,
  ownerReferences: NonNullable<Pod["metadata"]["ownerReferences"]>,
): Promise<void> {
  const { namespace, name, resourceVersion } = pod.metadata;
  const body = { metadata: { ownerReferences, resourceVersion } };
  await cluster.patch(PODS, { namespace, name }, { type: "merge", body }, { fieldManager: FIELD_MANAGER });
}

function others(pod: Pod, set: ReplicaSet) {
  return (pod.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== set.metadata.uid);
}

function createdEcho(pod: Pod): string {
  return `created ${pod.metadata.uid}`;
}

function deletedEcho(pod: Pod): string {
  return `deleted ${pod.metadata.uid}`;
}
