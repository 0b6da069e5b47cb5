// From watch caches, the newest readings and one look at the route to one plain value.

import { parseTime } from "../core/kubernetes/time.ts";
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
import { proxyFacts } from "./proxy-facts.ts";
import type { ProxyPoll } from "./proxy-poll.ts";
import { rivalOf } from "./rival.ts";
import { deploymentsOf, isTerminating, type Watches } from "./watches.ts";
import { workloadFacts } from "./workloads.ts";

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
    dataPlane: dataPlane(options, canary, memory, target, split),
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

/** As the API shows them, with our own answers that it does not show yet. */
function actionsOf({ actionsFor }: Watches, { metadata }: Canary, { answers }: Memory): CanaryAction[] {
  const asked = actionsFor.of(keyOf(metadata));
  for (const [uid, answer] of answers) {
    const shown = asked.find((action) => action.metadata.uid === uid);
    if (shown === undefined || shown.status?.state === answer.state) answers.delete(uid);
  }
  return asked.map((action) => {
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

/** Proxies are not asked for ever about a route that Serin no longer writes. */
const ASKED_AFTER_END_MS = 60_000;

function dataPlane(
  options: ObserveOptions,
  { metadata }: Canary,
  { status }: Memory,
  target: TrafficTarget | undefined,
  split: SplitReading | undefined,
): DataPlaneFacts {
  const endedAt = status?.rollout?.endedAt;
  const isLongOver = endedAt !== undefined && options.clock.now() - parseTime(endedAt) > ASKED_AFTER_END_MS;
  return proxyFacts(options, keyOf(metadata), isLongOver ? undefined : target, split);
}
