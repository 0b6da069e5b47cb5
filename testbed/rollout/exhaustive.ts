// Walks through every order of events in the small world, up to a depth, and holds every pass against the rules.
// Two worlds that can go on only in the same way are one state, so orders that come to the same thing are walked once.

import { decide } from "../../src/core/rollout/decide.ts";
import { DEFAULT_POLICY, type Decision } from "../../src/core/rollout/decision.ts";
import {
  ask,
  carryOut,
  change,
  decideIn,
  edit,
  observe,
  pass,
  restart,
  type SmallWorld,
  traffic,
} from "./small-world.ts";

export interface Walked {
  depth: number;
  states: number;
  transitions: number;
  /** The first broken rule with the events that lead to it; undefined when all hold. */
  broken?: { rule: string; path: string[] };
}

interface Visit {
  world: SmallWorld;
  path: readonly string[];
}

const GITOPS = "argocd-controller";

/** What can happen next. Each is offered only where it changes something. */
const EVENTS: Record<string, (world: SmallWorld) => SmallWorld | undefined> = {
  pass: (world) => (isGone(world) ? undefined : pass(world).world),
  "crash before anything": (world) => restart(world),
  "crash after the first effect": crashAfterOne,
  "proxies take it up": (world) =>
    world.proxiesKnow === world.route?.version ? undefined : { ...world, proxiesKnow: world.route?.version ?? 0 },
  "ten good seconds": (world) => healthy(world),
  "errors on the canary": (world) => broken(world),
  "canary down": (world) => readiness(world, "echo-v2", 0),
  "canary up": (world) => readiness(world, "echo-v2", 2),
  "stable down": (world) => readiness(world, "echo-v1", 0),
  "stable up": (world) => readiness(world, "echo-v1", 2),
  "a person takes all": (world) => (world.route?.weight === 0 ? undefined : edit(world, 0, "kubectl")),
  "a person gives all": (world) => (world.route?.weight === 100 ? undefined : edit(world, 100, "kubectl")),
  "GitOps puts the start back": (world) => (world.route?.weight === 0 ? undefined : edit(world, 0, GITOPS)),
  abort: (world) => (world.actions.length > 1 ? undefined : ask(world, "abort")),
  delete: (world) => (world.deleting ? undefined : { ...world, deleting: true }),
};

export function walkAll(start: SmallWorld, maxDepth: number): Walked {
  const seen = new Set([keyOf(start)]);
  let frontier: Visit[] = [{ world: start, path: [] }];
  let transitions = 0;
  for (let depth = 0; depth < maxDepth; depth++) {
    const next: Visit[] = [];
    for (const visit of frontier)
      for (const [name, happen] of Object.entries(EVENTS)) {
        const world = happen(visit.world);
        if (world === undefined) continue;
        transitions += 1;
        const path = [...visit.path, name];
        const rule = name === "pass" ? brokenRule(visit.world, world) : undefined;
        if (rule !== undefined) return { depth: depth + 1, states: seen.size, transitions, broken: { rule, path } };
        const key = keyOf(world);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ world, path });
      }
    frontier = next;
  }
  return { depth: maxDepth, states: seen.size, transitions };
}

/** The first rule that a pass breaks, judged by what the world was, not by what the decision says of it. */
function brokenRule(before: SmallWorld, after: SmallWorld): string | undefined {
  const decision = decideIn(before);
  const [had, has] = [before.route?.weight ?? 0, after.route?.weight ?? 0];
  const [stable, canary] = [before.workloads["echo-v1"]!.ready, before.workloads["echo-v2"]!.ready];
  const rises = has > had;
  if (rises && canary < Math.max(1, Math.ceil((has * 2) / 100))) return "1: more weight than endpoints";
  // A GitOps manager's re-apply is set right at once: the weight it took away was confirmed before.
  const restores = before.route?.manager === GITOPS && has === before.status?.weight?.written;
  if (rises && !restores && before.proxiesKnow < (before.route?.version ?? 0))
    return "1: more weight before the last write is in effect";
  if (has < had && stable === 0) return "1: weight to a stable version that serves nobody";
  if (rises && wasTakenBack(before)) return "5: an aborted version gains";
  if (isAbortDue(before) && had > 0 && stable > 0 && has !== 0)
    return "2: an abort was not written in the pass that saw it";
  if (before.route?.manager === "kubectl" && had === 0 && rises && before.stored?.weight?.written !== 0)
    return "4: a person's edit was undone";
  if (decision.status.message === "") return "5: no reason";
  const running = decision.status.rollout !== undefined && decision.status.rollout.endedAt === undefined;
  if (running && decision.nextLookAtMs === undefined) return "5: no next look";
  return !isGone(after) && repeats(after) ? "5: deciding twice on an unchanged world writes twice" : undefined;
}

function wasTakenBack({ stored }: SmallWorld): boolean {
  const { endReason } = stored?.rollout ?? {};
  return endReason !== undefined && !["Completed", "Superseded", "TemplateChanged", "Deleted"].includes(endReason);
}

function isAbortDue({ actions, status }: SmallWorld): boolean {
  const { rollout } = status ?? {};
  const running = rollout !== undefined && rollout.endedAt === undefined && rollout.endReason === undefined;
  return running && actions.some(({ spec, status: answer }) => spec.verb === "abort" && answer === undefined);
}

/** After one more pass to come to rest, the same world asked twice answers without a write. */
function repeats(world: SmallWorld): boolean {
  const first = pass(world);
  const again = decideAgain(first.world);
  const writes = ({ effects }: Decision) => effects.filter(({ kind }) => kind === "writeWeight").length;
  return writes(first.decision) > 0 && writes(again) > 0 && first.world.route?.weight === targetOf(again);
}

function decideAgain(world: SmallWorld): Decision {
  return decide({ observation: observe(world), status: world.status, policy: DEFAULT_POLICY, nowMs: world.nowMs });
}

function targetOf({ effects }: Decision): number | undefined {
  const write = effects.find((effect) => effect.kind === "writeWeight");
  return write?.canaryWeight;
}

/** A deleted object without finalizers is no more: nobody passes over it. */
function isGone({ deleting, finalizer }: SmallWorld): boolean {
  return deleting && !finalizer;
}

function crashAfterOne(world: SmallWorld): SmallWorld | undefined {
  if (isGone(world)) return undefined;
  const [effect] = decideIn(world).effects;
  return effect === undefined ? undefined : restart(carryOut(world, effect));
}

function healthy(world: SmallWorld): SmallWorld {
  const weight = world.route?.weight ?? 0;
  const next = traffic(world, { stable: [100 - weight, 0], canary: [weight, 0] });
  return { ...next, nowMs: world.nowMs + 10_000, counters: { ...next.counters!, atMs: world.nowMs + 10_000 } };
}

function broken(world: SmallWorld): SmallWorld | undefined {
  const weight = world.route?.weight ?? 0;
  return weight === 0 || weight === 100
    ? undefined
    : traffic(world, { stable: [100 - weight, 0], canary: [weight, weight] });
}

function readiness(world: SmallWorld, name: string, ready: number): SmallWorld | undefined {
  return world.workloads[name]?.ready === ready ? undefined : change(world, name, { ready });
}

/** Everything that can make a difference later. What was said to people cannot. */
function keyOf(world: SmallWorld): string {
  return JSON.stringify({ ...world, events: [] });
}
