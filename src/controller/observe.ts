// From watch caches, the newest readings and one look at the route to one plain value.

import { DESTINATION_RULES, ENDPOINT_SLICES, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import type { DataPlaneFacts, Observation, ParsedSpec } from "../core/rollout/observation.ts";
import type { CanaryAction } from "../core/spec/action.ts";
import type { Canary } from "../core/spec/canary.ts";
import { parseCanary } from "../core/spec/parse.ts";
import { sayError } from "../core/spec/problem.ts";
import type { SplitReading, TrafficTarget } from "../core/traffic/split.ts";
import type { Clock } from "../ports/clock.ts";
import { isClusterError } from "../ports/cluster.ts";
import type { TrafficRouter } from "../ports/traffic-router.ts";
import { withDeadline } from "./deadline.ts";
import { FINALIZER } from "./finalizer.ts";
import { keyOf } from "./key.ts";
import type { Memory } from "./memory.ts";
import type { ProxyPoll, Question } from "./proxy-poll.ts";
import { rivalOf } from "./rival.ts";
import { deploymentsOf, isTerminating, type Watches } from "./watches.ts";
import { slicesOf, workloadFacts } from "./workloads.ts";

export interface ObserveOptions {
  watches: Watches;
  router: TrafficRouter;
  proxies: ProxyPoll;
  clock: Clock;
}

/** A route that does not answer within this time fails the pass, which is then tried again. */
export const ROUTE_LIMIT_MS = 5_000;

export async function observe(options: ObserveOptions, canary: Canary, memory: Memory): Promise<Observation> {
  const { watches } = options;
  const namespace = canary.metadata.namespace ?? "";
  const spec = parse(canary);
  const pinned = pinnedTarget(memory);
  const resolution =
    pinned === undefined ? await resolve(options, namespace, spec) : { ok: true as const, target: pinned };
  const target = resolution.ok ? resolution.target : memory.status?.traffic;
  const split = target === undefined ? undefined : await readSplit(options, target);
  const rival = pinned === undefined && resolution.ok ? await rivalOf(options, canary, resolution.target) : undefined;
  const names = deploymentsOf({ ...canary, status: memory.status });
  return {
    canary: factsOf(watches, canary),
    spec,
    actions: actionsOf(watches, canary, memory),
    workloads: workloadFacts(watches, namespace, names, target?.host),
    resolution,
    split,
    dataPlane: dataPlane(options, canary, target, split),
    counters: memory.counters,
    rival,
    stored: storedFacts(memory),
  };
}

/** While a rollout runs, what was resolved at its start holds. */
function pinnedTarget({ status }: Memory): TrafficTarget | undefined {
  const running = status?.rollout !== undefined && status.rollout.endedAt === undefined;
  return running ? status.traffic : undefined;
}

function factsOf(watches: Watches, { metadata }: Canary): Observation["canary"] {
  const { namespace = "", name, generation = 0, deletionTimestamp, finalizers = [] } = metadata;
  return {
    namespace,
    name,
    generation,
    deleting: deletionTimestamp !== undefined,
    held: finalizers.includes(FINALIZER),
    namespaceTerminating: isTerminating(watches.namespaces.get({ name: namespace })),
  };
}

function parse(canary: Canary): ParsedSpec {
  const parsed = parseCanary(canary);
  return parsed.ok ? { ok: true, spec: parsed.value.spec } : { ok: false, errors: parsed.errors.map(sayError) };
}

async function resolve({ router, clock }: ObserveOptions, namespace: string, parsed: ParsedSpec) {
  if (!parsed.ok) return { ok: false as const, reason: "SpecInvalid", message: parsed.errors.join(" | ") };
  const { versions, traffic } = parsed.spec;
  const query = { namespace, ...versions, ...(traffic === undefined ? {} : { traffic }) };
  return withDeadline(clock, ROUTE_LIMIT_MS, "resolving the route", router.resolve(query));
}

async function readSplit({ router, clock }: ObserveOptions, target: TrafficTarget): Promise<SplitReading | undefined> {
  try {
    return await withDeadline(clock, ROUTE_LIMIT_MS, "reading the route", router.read(target));
  } catch (error) {
    if (isClusterError(error, "NotFound")) return undefined;
    throw error;
  }
}

function actionsOf({ actions }: Watches, { metadata }: Canary, { answers }: Memory): CanaryAction[] {
  return actions
    .list()
    .filter(
      ({ metadata: action, spec }) => action.namespace === metadata.namespace && spec.canaryRef.name === metadata.name,
    )
    .map((action) => {
      const answer = answers.get(action.metadata.uid ?? "");
      return answer === undefined ? action : { ...action, status: answer };
    });
}

function storedFacts({ stored }: Memory): Observation["stored"] {
  return {
    wanted: stored?.weight?.wanted,
    rolloutId: stored?.rollout?.id,
    actionsSeen: stored?.actionsSeen ?? [],
    endedAt: stored?.rollout?.endedAt,
  };
}

function dataPlane(
  { watches, proxies }: ObserveOptions,
  canary: Canary,
  target: TrafficTarget | undefined,
  split: SplitReading | undefined,
): DataPlaneFacts {
  if (target === undefined || split === undefined) return {};
  const key = keyOf(canary.metadata);
  const route = routeQuestions(target, split);
  const destinations = destinationQuestions(watches, target);
  proxies.ask(key, [...route, ...destinations]);
  return { route: proxies.answer(key, route), destinations: proxies.answer(key, destinations) };
}

function routeQuestions({ namespace }: TrafficTarget, split: SplitReading): Question[] {
  return split.objects.map(({ virtualService, resourceVersion }) => ({
    resource: VIRTUAL_SERVICES,
    key: { namespace, name: virtualService },
    resourceVersion,
  }));
}

function destinationQuestions(watches: Watches, { namespace, destinationRule, host }: TrafficTarget): Question[] {
  const rule = watches.destinationRules.get({ namespace, name: destinationRule });
  const rules = rule === undefined ? [] : [{ resource: DESTINATION_RULES, object: rule }];
  const slices = slicesOf(watches, namespace, host).map((object) => ({ resource: ENDPOINT_SLICES, object }));
  return [...rules, ...slices].map(({ resource, object }) => ({
    resource,
    key: { namespace, name: object.metadata.name },
    resourceVersion: object.metadata.resourceVersion ?? "",
  }));
}
