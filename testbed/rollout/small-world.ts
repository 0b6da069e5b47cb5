// A world in one value, small enough to walk through exhaustively: one route, two Deployments, one data plane, one person.
// `pass` is observe, decide, apply and record in one step; everything else is what happens to the world meanwhile.

import type { CounterSnapshot } from "../../src/core/analysis/evidence.ts";
import { formatTime } from "../../src/core/kubernetes/time.ts";
import { decide } from "../../src/core/rollout/decide.ts";
import { DEFAULT_POLICY, type Decision, type Effect } from "../../src/core/rollout/decision.ts";
import type { Observation, WorkloadFacts } from "../../src/core/rollout/observation.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import type { CanaryAction, Verb } from "../../src/core/spec/action.ts";
import type { CanarySpec, Step } from "../../src/core/spec/canary.ts";
import { STEPS } from "./echo-canary.ts";
import { TARGET } from "./echo-route.ts";

export interface SmallWorld {
  nowMs: number;
  steps: Step[];
  versions: { stable: string; canary: string };
  specErrors: string[];
  route: { weight: number; version: number; manager: string } | undefined;
  routeProblem: string | undefined;
  /** A write of several objects was cut short: the canary's weight in each. */
  disagreeing: number[] | undefined;
  proxiesKnow: number;
  proxiesDead: boolean;
  destinationsKnown: boolean;
  workloads: Record<string, WorkloadFacts>;
  counters: CounterSnapshot | undefined;
  actions: CanaryAction[];
  finalizer: boolean;
  deleting: boolean;
  namespaceTerminating: boolean;
  rival: string | undefined;
  status: CanaryStatus | undefined;
  /** What a restarted controller would find. */
  stored: CanaryStatus | undefined;
  events: Extract<Effect, { kind: "emitEvent" }>[];
}

export function smallWorld(overrides: Partial<SmallWorld> = {}): SmallWorld {
  return {
    nowMs: 1_767_225_600_000,
    steps: STEPS,
    versions: { stable: "echo-v1", canary: "echo-v2" },
    specErrors: [],
    route: { weight: 0, version: 1, manager: "kubectl" },
    routeProblem: undefined,
    disagreeing: undefined,
    proxiesKnow: 1,
    proxiesDead: false,
    destinationsKnown: true,
    workloads: { "echo-v1": workloadOf("echo-v1"), "echo-v2": workloadOf("echo-v2") },
    counters: undefined,
    actions: [],
    finalizer: false,
    deleting: false,
    namespaceTerminating: false,
    rival: undefined,
    status: undefined,
    stored: undefined,
    events: [],
    ...overrides,
  };
}

export function workloadOf(name: string, overrides: Partial<WorkloadFacts> = {}): WorkloadFacts {
  return { name, replicas: 2, ready: 2, settled: true, templateHash: `hash-${name}`, ...overrides };
}

/** One pass: decide, carry out every effect, store the status. */
export function pass(world: SmallWorld): { world: SmallWorld; decision: Decision } {
  const decision = decideIn(world);
  const carried = decision.effects.reduce(carryOut, { ...world, status: decision.status });
  return { world: { ...carried, stored: decision.status }, decision };
}

export function decideIn(world: SmallWorld): Decision {
  const input = { observation: observe(world), status: world.status, policy: DEFAULT_POLICY, nowMs: world.nowMs };
  return decide(input);
}

/** Passes until nothing more happens without the world's doing. */
export function settle(world: SmallWorld, limit = 40): SmallWorld {
  let before = world;
  for (let round = 0; round < limit; round++) {
    const known = before.proxiesDead ? before : { ...before, proxiesKnow: before.route?.version ?? before.proxiesKnow };
    const { world: after, decision } = pass(known);
    const more = decision.effects.length > 0 || JSON.stringify(after.status) !== JSON.stringify(known.status);
    before = after;
    if (!more && (decision.nextLookAtMs ?? Number.POSITIVE_INFINITY) > after.nowMs) return after;
  }
  throw new Error(`no rest after ${limit} passes: ${before.status?.phase}: ${before.status?.message}`);
}

export function observe(world: SmallWorld): Observation {
  const { route, stored } = world;
  const spec: CanarySpec = { versions: world.versions, strategy: { steps: world.steps }, analysis: {} };
  return {
    canary: {
      namespace: "default",
      name: "echo",
      generation: 1,
      deleting: world.deleting,
      held: world.finalizer,
      namespaceTerminating: world.namespaceTerminating,
    },
    spec: world.specErrors.length > 0 ? { ok: false, errors: world.specErrors } : { ok: true, spec },
    actions: world.actions,
    workloads: world.workloads,
    resolution:
      route === undefined
        ? { ok: false, reason: "NoVirtualService", message: "no VirtualService serves echo" }
        : { ok: true, target: TARGET },
    split: route && {
      canaryWeight: unread(world) ? undefined : route.weight,
      stableWeight: unread(world) ? undefined : 100 - route.weight,
      total: 100,
      problem: world.routeProblem ?? (world.disagreeing && "the routes disagree"),
      disagreeing: world.routeProblem === undefined ? world.disagreeing : undefined,
      objects: [
        {
          virtualService: "echo",
          uid: "vs",
          resourceVersion: String(route.version),
          lastWriter: { manager: route.manager, operation: "Update" },
        },
      ],
    },
    dataPlane: {
      route:
        world.proxiesKnow >= (route?.version ?? 0)
          ? { acknowledged: true }
          : { acknowledged: false, waitingFor: "gateway" },
      destinations: world.destinationsKnown
        ? { acknowledged: true }
        : { acknowledged: false, waitingFor: "gateway to see the endpoints" },
    },
    counters: world.counters,
    rival: world.rival,
    stored: {
      wanted: stored?.weight?.wanted,
      rolloutId: stored?.rollout?.id,
      actionsSeen: stored?.actionsSeen ?? [],
      endedAt: stored?.rollout?.endedAt,
    },
  };
}

function unread({ routeProblem, disagreeing }: SmallWorld): boolean {
  return routeProblem !== undefined || disagreeing !== undefined;
}

export function carryOut(world: SmallWorld, effect: Effect): SmallWorld {
  switch (effect.kind) {
    case "writeWeight":
      return world.route?.weight === effect.canaryWeight && world.disagreeing === undefined
        ? world
        : edit(world, effect.canaryWeight, "serin");
    case "setFinalizer":
      return { ...world, finalizer: true };
    case "removeFinalizer":
      return { ...world, finalizer: false };
    case "scaleStable": {
      const scaled = { ...world.workloads[effect.deployment]!, replicas: effect.replicas };
      return { ...world, workloads: { ...world.workloads, [effect.deployment]: scaled } };
    }
    case "emitEvent":
      return { ...world, events: [...world.events, effect] };
    case "answerAction": {
      const status = { state: effect.state, message: effect.message, at: formatTime(world.nowMs) };
      const actions = world.actions.map((each) => (each.metadata.uid === effect.uid ? { ...each, status } : each));
      return { ...world, actions };
    }
    case "deleteAction":
      return { ...world, actions: world.actions.filter(({ metadata }) => metadata.uid !== effect.uid) };
  }
}

/** Somebody writes the route. */
export function edit(world: SmallWorld, weight: number, manager: string): SmallWorld {
  const route = { weight, version: (world.route?.version ?? 0) + 1, manager };
  return { ...world, route, disagreeing: undefined };
}

/** Somebody writes one of two objects, and stops. */
export function editHalf(world: SmallWorld, weight: number, manager: string): SmallWorld {
  const before = world.disagreeing?.[0] ?? world.route?.weight ?? 0;
  const edited = edit(world, before, manager);
  return before === weight ? edited : { ...edited, disagreeing: [before, weight] };
}

export function later(world: SmallWorld, ms: number): SmallWorld {
  return { ...world, nowMs: world.nowMs + ms };
}

export function change(world: SmallWorld, name: string, overrides: Partial<WorkloadFacts>): SmallWorld {
  const workload = { ...(world.workloads[name] ?? workloadOf(name)), ...overrides };
  return { ...world, workloads: { ...world.workloads, [name]: workload } };
}

/** Requests (and, of those, errors) since the last reading, and a second passes. */
export function traffic(
  world: SmallWorld,
  delta: { stable?: [number, number]; canary?: [number, number] },
): SmallWorld {
  const after = later(world, 1_000);
  const counted = (side: "stable" | "canary") => {
    const [requests, errors] = delta[side] ?? [0, 0];
    const before = world.counters?.[side] ?? { requests: 0, errors: 0, epoch: "1" };
    return { requests: before.requests + requests, errors: before.errors + errors, epoch: "1" };
  };
  return { ...after, counters: { atMs: after.nowMs, stable: counted("stable"), canary: counted("canary") } };
}

/** A person asks. */
export function ask(world: SmallWorld, verb: Verb, spec: Partial<CanaryAction["spec"]> = {}): SmallWorld {
  const number = world.actions.length + 1;
  const uid = `action-${String(number).padStart(4, "0")}-${world.nowMs}`;
  const action: CanaryAction = {
    apiVersion: "serin.dev/v1alpha1",
    kind: "CanaryAction",
    metadata: { name: uid, namespace: "default", uid, creationTimestamp: formatTime(world.nowMs) },
    spec: { canaryRef: { name: "echo" }, verb, by: "alice", ...spec },
  };
  return { ...world, actions: [...world.actions, action] };
}

/** The controller dies and comes back: only what is stored is left. */
export function restart(world: SmallWorld): SmallWorld {
  return { ...world, status: world.stored, counters: undefined };
}
