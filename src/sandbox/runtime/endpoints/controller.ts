// Writes the EndpointSlices of each Service with a selector, as soon as a pod's address, readiness or fate changes.

import { isDeepStrictEqual } from "node:util";
import { ENDPOINT_SLICES } from "../../../core/kubernetes/resource.ts";
import { matchesSelector } from "../../../core/kubernetes/selector.ts";
import type { EndpointSlice, Pod, Service } from "../../../core/kubernetes/workload.ts";
import { isClusterError } from "../../../ports/cluster.ts";
import type { ControllerContext } from "../controller-context.ts";
import { controllerReference } from "../deployment/replica-sets.ts";
import { FIELD_MANAGER } from "../owner-writes.ts";
import { KeyQueue } from "../queue.ts";
import { fromKey, keyOf, type Watches } from "../watches.ts";
import { computeSlices, type SliceContent } from "./compute.ts";

const SERVICE_NAME = "kubernetes.io/service-name";
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "serin-sandbox";

export interface EndpointsController {
  queue: KeyQueue;
  /** Resolves when no slice offers the pod as ready any more, or after the time. */
  withdrawn(pod: Pod, timeoutMs: number): Promise<void>;
}

export function endpointsController(context: ControllerContext): EndpointsController {
  const { watches, clock, log } = context;
  const queue = new KeyQueue({ name: "endpoints", clock, log, reconcile: (key) => reconcile(context, key) });
  watches.services.onChange(({ key }) => queue.add(`${key.namespace}/${key.name}`));
  watches.pods.onChange(({ object, before }) => {
    for (const service of watches.services.list())
      if (concerns(service, object) || concerns(service, before)) queue.add(keyOf(service));
  });
  // A slice that somebody else changed or removed is set right.
  watches.slices.onChange(({ object, before }) => {
    const labels = (object ?? before!).metadata.labels ?? {};
    if (labels[MANAGED_BY] === MANAGER) queue.add(`${(object ?? before!).metadata.namespace}/${labels[SERVICE_NAME]}`);
  });
  return { queue, withdrawn: (pod, timeoutMs) => withdrawn(context, pod, timeoutMs) };
}

async function reconcile({ cluster, watches }: ControllerContext, key: string): Promise<void> {
  const { namespace, name } = fromKey(key);
  const service = watches.services.get({ namespace, name });
  const existing = slicesOf(watches, namespace, name);
  const gone = service === undefined || service.metadata.deletionTimestamp !== undefined;
  const pods = watches.pods.list().filter((pod) => pod.metadata.namespace === namespace);
  const wanted = gone ? [] : computeSlices(service, pods).map((content, index) => sliceOf(service, content, index));
  for (const slice of wanted)
    await put(
      cluster,
      slice,
      existing.find(({ metadata }) => metadata.name === slice.metadata.name),
    );
  const kept = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const { metadata } of existing.filter(({ metadata }) => !kept.has(metadata.name)))
    await ignoreGone(cluster.delete(ENDPOINT_SLICES, { namespace, name: metadata.name }));
}

async function put(
  cluster: ControllerContext["cluster"],
  slice: EndpointSlice,
  existing: EndpointSlice | undefined,
): Promise<void> {
  if (existing === undefined) {
    await cluster.create(ENDPOINT_SLICES, slice, { fieldManager: FIELD_MANAGER });
    return;
  }
  const { endpoints, ports } = slice;
  if (
    isDeepStrictEqual(plain(existing.endpoints ?? []), plain(endpoints)) &&
    isDeepStrictEqual(plain(existing.ports ?? []), plain(ports))
  )
    return;
  const { namespace, name, resourceVersion } = existing.metadata;
  const body = { metadata: { resourceVersion }, endpoints, ports };
  await cluster.patch(ENDPOINT_SLICES, { namespace, name }, { type: "merge", body }, { fieldManager: FIELD_MANAGER });
}

function sliceOf(service: Service, content: SliceContent, index: number): EndpointSlice {
  const { name, namespace, labels } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${index}`,
      namespace,
      labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
      ownerReferences: [controllerReference({ ...service, apiVersion: "v1", kind: "Service" })],
    },
    ...content,
  };
}

function slicesOf(watches: Watches, namespace: string, service: string): EndpointSlice[] {
  return watches.slices
    .list()
    .filter(
      ({ metadata }) =>
        metadata.namespace === namespace &&
        metadata.labels?.[SERVICE_NAME] === service &&
        metadata.labels[MANAGED_BY] === MANAGER,
    );
}

function concerns(service: Service, pod: Pod | undefined): boolean {
  if (pod === undefined || pod.metadata.namespace !== service.metadata.namespace) return false;
  const selector = service.spec.selector ?? {};
  return Object.keys(selector).length > 0 && matchesSelector({ matchLabels: selector }, pod.metadata.labels);
}

function withdrawn({ watches, clock }: ControllerContext, pod: Pod, timeoutMs: number): Promise<void> {
  const offered = () =>
    watches.slices
      .list()
      .some(({ endpoints }) =>
        endpoints.some(({ targetRef, conditions }) => targetRef?.uid === pod.metadata.uid && conditions?.ready),
      );
  return new Promise((resolve) => {
    if (!offered()) return resolve();
    const finish = () => {
      cancel();
      unsubscribe();
      resolve();
    };
    const cancel = clock.after(timeoutMs, finish);
    const unsubscribe = watches.slices.onChange(() => void (offered() || finish()));
  });
}

/** Without the undefined fields that a stored object cannot have. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function ignoreGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isClusterError(error, "NotFound")) throw error;
  }
}
