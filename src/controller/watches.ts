// The watched kinds, and which Canaries a change of one of them concerns.

import type { KubeObject } from "../core/kubernetes/object.ts";
import {
  CANARIES,
  CANARY_ACTIONS,
  DEPLOYMENTS,
  DESTINATION_RULES,
  ENDPOINT_SLICES,
  NAMESPACES,
  PODS,
  type Resource,
  VIRTUAL_SERVICES,
} from "../core/kubernetes/resource.ts";
import { matchesSelector } from "../core/kubernetes/selector.ts";
import type { CanaryAction } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";
import { type Change, Informer } from "../informer/informer.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import { ActionIndex } from "./action-index.ts";
import {
  type KeptDeployment,
  type KeptNamespace,
  type KeptSlice,
  keepDeployment,
  keepLabels,
  keepName,
  keepNamespace,
  keepSlice,
  keepWhole,
} from "./kept.ts";
import { keyOf } from "./key.ts";

export interface Watches {
  canaries: Informer<Canary>;
  actions: Informer<CanaryAction>;
  actionsFor: ActionIndex;
  deployments: Informer<KeptDeployment>;
  pods: Informer<KubeObject>;
  slices: Informer<KeptSlice>;
  virtualServices: Informer<KubeObject>;
  destinationRules: Informer<KubeObject>;
  namespaces: Informer<KeptNamespace>;
}

export interface WatchOptions {
  cluster: Cluster;
  clock: Clock;
  log: Log;
  random: () => number;
}

export function createWatches({ cluster, clock, log, random }: WatchOptions): Watches {
  const watch = <T extends KubeObject>(resource: Resource, keep: (object: KubeObject) => T) =>
    new Informer<T>({ cluster, resource, keep, clock, log, jitter: random });
  const actions = watch(CANARY_ACTIONS, keepWhole<CanaryAction>);
  return {
    canaries: watch(CANARIES, keepWhole<Canary>),
    actions,
    actionsFor: new ActionIndex(actions),
    deployments: watch(DEPLOYMENTS, keepDeployment),
    pods: watch(PODS, keepLabels),
    slices: watch(ENDPOINT_SLICES, keepSlice),
    virtualServices: watch(VIRTUAL_SERVICES, keepName),
    destinationRules: watch(DESTINATION_RULES, keepName),
    namespaces: watch(NAMESPACES, keepNamespace),
  };
}

/** Calls `wake` with the key of every Canary that a change concerns. */
export function wakeOnChange(watches: Watches, wake: (key: string) => void): void {
  const wakeIn = (namespace: string | undefined, concerns: (canary: Canary) => boolean = () => true) => {
    for (const canary of watches.canaries.list())
      if (canary.metadata.namespace === namespace && (isStalled(canary) || concerns(canary)))
        wake(keyOf(canary.metadata));
  };
  watches.canaries.onChange((change) => {
    wake(keyOf(change.key));
    // One Canary more or less in a namespace may free or take a route.
    if (change.before === undefined || change.object === undefined) wakeIn(change.key.namespace);
  });
  watches.actions.onChange(({ object, before, key }) => {
    const name = (object ?? before)?.spec?.canaryRef?.name;
    if (name !== undefined) wake(keyOf({ namespace: key.namespace, name }));
  });
  watches.deployments.onChange(({ key }) =>
    wakeIn(key.namespace, (canary) => deploymentsOf(canary).includes(key.name)),
  );
  watches.slices.onChange((change) => wakeIn(change.key.namespace, (canary) => sliceConcerns(canary, change)));
  watches.pods.onChange((change) => {
    // A pod's readiness comes with its endpoint; here only labels matter, by which an endpoint is given to a Deployment.
    if (change.before !== undefined && change.object !== undefined) return;
    wakeIn(change.key.namespace, (canary) => podConcerns(watches, canary, change));
  });
  watches.virtualServices.onChange(({ key }) => wakeIn(key.namespace, (canary) => routeConcerns(canary, key.name)));
  watches.destinationRules.onChange(({ key }) => wakeIn(key.namespace, (canary) => ruleConcerns(canary, key.name)));
  watches.namespaces.onChange(({ key, object }) => {
    if (isTerminating(object)) wakeIn(key.name);
  });
}

/** Whatever changes beside a stalled Canary may be its cure. */
function isStalled({ status }: Canary): boolean {
  return status?.phase === "Stalled";
}

export function isTerminating(namespace: KeptNamespace | undefined): boolean {
  return namespace?.metadata.deletionTimestamp !== undefined || namespace?.status.phase === "Terminating";
}

/** Names of the Deployments that a Canary is about: those of its spec and those of its last rollout. */
export function deploymentsOf({ spec, status }: Canary): string[] {
  const named = [spec?.versions?.stable, spec?.versions?.canary, status?.rollout?.stable, status?.rollout?.canary];
  return [...new Set(named.filter((name) => name !== undefined))];
}

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** The Service whose endpoints a slice carries. */
export function serviceOf(slice: KeptSlice): string | undefined {
  return slice.metadata.labels?.[SERVICE_NAME_LABEL];
}

function sliceConcerns({ status }: Canary, { object, before }: Change<KeptSlice>): boolean {
  const slice = object ?? before;
  const host = status?.traffic?.host;
  return slice === undefined || host === undefined || serviceOf(slice) === host.split(".")[0];
}

function podConcerns(watches: Watches, canary: Canary, { object, before }: Change<KubeObject>): boolean {
  const labels = (object ?? before)?.metadata.labels;
  return deploymentsOf(canary).some((name) => {
    const deployment = watches.deployments.get({ namespace: canary.metadata.namespace, name });
    return deployment !== undefined && matchesSelector(deployment.spec.selector, labels);
  });
}

function routeConcerns({ status }: Canary, virtualService: string): boolean {
  const routes = status?.traffic?.routes;
  return routes === undefined || routes.some((route) => route.virtualService === virtualService);
}

function ruleConcerns({ status }: Canary, destinationRule: string): boolean {
  return status?.traffic === undefined || status.traffic.destinationRule === destinationRule;
}
