// Random walks through the small world: whatever happens in whatever order, the rules of design.md section 4 hold.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  ask,
  carryOut,
  change,
  decideIn,
  edit,
  editHalf,
  later,
  observe,
  pass,
  restart,
  type SmallWorld,
  settle,
  smallWorld,
  traffic,
} from "../../../testbed/rollout/small-world.ts";
import { VERBS } from "../spec/action.ts";
import { isRunningStatus } from "./can.ts";
import type { Decision, Effect } from "./decision.ts";

type Happening = (world: SmallWorld) => SmallWorld;
type Named = { name: string; happen: Happening };

const named = (name: string, happen: Happening): Named => ({ name, happen });
const version = fc.constantFrom("echo-v1", "echo-v2");
const weight = fc.constantFrom(0, 1, 10, 20, 50, 80, 99, 100);
const manager = fc.constantFrom(
  "kubectl-edit",
  "serin",
  "serin-cli",
  "argocd-application-controller",
  "helm-controller",
);

/** What a crash leaves: some effects were carried out, the status was not stored. */
function crash(world: SmallWorld, after: number): SmallWorld {
  const decision = decideIn(world);
  return restart(decision.effects.slice(0, after).reduce(carryOut, world));
}

const happening: fc.Arbitrary<Named> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(named("pass", (world) => checkedPass(world))) },
  fc.nat(120_000).map((ms) => named(`later ${ms}`, (world) => later(world, ms))),
  { weight: 4, arbitrary: fc.constant(named("traffic", (w) => traffic(w, { stable: [80, 0], canary: [20, 0] }))) },
  fc.constant(named("bad traffic", (world) => traffic(world, { stable: [80, 1], canary: [20, 9] }))),
  fc.constant(named("no requests", (world) => traffic(world, {}))),
  fc.tuple(weight, manager).map(([to, by]) => named(`edit ${to} by ${by}`, (w) => (w.route ? edit(w, to, by) : w))),
  fc
    .tuple(version, fc.nat(4))
    .map(([name, ready]) => named(`${name} ready ${ready}`, (w) => change(w, name, { ready }))),
  fc
    .tuple(version, fc.nat(4))
    .map(([name, n]) => named(`${name} replicas ${n}`, (w) => change(w, name, { replicas: n }))),
  fc.nat(2).map((n) => named(`template ${n}`, (world) => change(world, "echo-v2", { templateHash: `t${n}` }))),
  fc.constantFrom(...VERBS).map((verb) => named(verb, (world) => ask(world, verb))),
  fc
    .tuple(weight, manager)
    .map(([to, by]) => named(`edit half ${to} by ${by}`, (w) => (w.route ? editHalf(w, to, by) : w))),
  fc.constant(named("finalizer taken away", (world) => ({ ...world, finalizer: false }))),
  fc.constant(named("restart", restart)),
  fc.nat(3).map((n) => named(`crash after ${n}`, (world) => crash(world, n))),
  fc.boolean().map((dead) => named(`proxies dead ${dead}`, (world) => ({ ...world, proxiesDead: dead }))),
  fc.constant(named("proxies know", (w) => (w.proxiesDead ? w : { ...w, proxiesKnow: w.route?.version ?? 0 }))),
  fc.constant(named("route gone", (world) => ({ ...world, route: undefined }))),
  weight.map((to) =>
    named(`route back at ${to}`, (w) => edit({ ...w, route: undefined, proxiesKnow: 0 }, to, "kubectl")),
  ),
  fc
    .boolean()
    .map((wrong) => named(`route problem ${wrong}`, (w) => ({ ...w, routeProblem: wrong ? "odd" : undefined }))),
  fc.boolean().map((wrong) => named(`spec wrong ${wrong}`, (w) => ({ ...w, specErrors: wrong ? ["spec: no"] : [] }))),
  fc
    .constantFrom("echo-v2", "echo-v3")
    .map((canary) =>
      named(`versions ${canary}`, (w) => change({ ...w, versions: { stable: "echo-v1", canary } }, canary, {})),
    ),
  fc.constant(named("delete", (world) => ({ ...world, deleting: true }))),
  fc.constant(named("namespace goes", (world) => ({ ...world, namespaceTerminating: true }))),
);

/** One pass whose decision is held against every rule. */
function checkedPass(world: SmallWorld): SmallWorld {
  const { world: after, decision } = pass(world);
  for (const effect of decision.effects) if (effect.kind === "writeWeight") checkWrite(world, decision, effect);
  checkStatus(decision);
  checkAbort(world, decision);
  return after;
}

function checkWrite(world: SmallWorld, decision: Decision, effect: Extract<Effect, { kind: "writeWeight" }>): void {
  const { canaryWeight, target } = effect;
  expect(Number.isInteger(canaryWeight) && canaryWeight >= 0 && canaryWeight <= target.total).toBe(true);
  const { rollout } = decision.status;
  // Outside a rollout no weight is written.
  expect(rollout?.endedAt).toBeUndefined();
  expect(rollout).toBeDefined();
  const found = observe(world).split?.canaryWeight;
  const { stable, canary } = rollout!;
  if (found !== undefined && canaryWeight > found) {
    // What is on its way back never gains, and nobody gains beyond what its endpoints carry.
    expect(rollout?.endReason).toBeUndefined();
    // Whoever finds this write after a crash finds in status that it was meant, and the object waits for it when deleted.
    const { stored } = world;
    expect([stored?.rollout?.id, world.finalizer]).toEqual([rollout!.id, true]);
    expect([stored?.weight?.wanted, stored?.weight?.written]).toContain(canaryWeight);
    expect(world.workloads[canary]!.ready).toBeGreaterThanOrEqual(
      Math.max(1, Math.ceil((canaryWeight * world.workloads[stable]!.replicas) / 100)),
    );
  } else expect(world.workloads[stable]!.ready).toBeGreaterThanOrEqual(1);
}

function checkStatus({ status, nextLookAtMs, active }: Decision): void {
  // Stored as JSON without loss.
  expect(JSON.parse(JSON.stringify(status))).toEqual(status);
  expect(status.message).not.toBe("");
  expect(status.conditions.every(({ reason }) => /^[A-Z][A-Za-z]+$/.test(reason))).toBe(true);
  const running = isRunningStatus(status);
  if (running) expect(active).toBe(true);
  // Nothing that runs is stuck without a reason and a next look.
  if (running) expect([nextLookAtMs, status.nextAction?.what]).not.toContain(undefined);
  if (status.phase === "Stalled")
    expect(status.conditions.find(({ type }) => type === "Stalled")).toMatchObject({ status: "True" });
  const { weight } = status;
  if (weight !== undefined)
    for (const part of [weight.wanted, weight.written]) expect(part).toBeLessThanOrEqual(weight.total);
}

/** Rule 2: an abort that is asked for is written in the very pass that sees it, whenever stable can serve. */
function checkAbort(world: SmallWorld, decision: Decision): void {
  const asked = world.actions.some(({ spec, status }) => spec.verb === "abort" && status === undefined);
  const { rollout } = world.status ?? {};
  const before = world.status !== undefined && isRunningStatus(world.status) && rollout?.endReason === undefined;
  const found = observe(world).split?.canaryWeight;
  const could = found !== undefined && found > 0 && world.workloads[rollout?.stable ?? ""]?.ready;
  if (!asked || !before || !could || world.namespaceTerminating) return;
  if (world.deleting && !world.finalizer) return;
  expect(decision.effects[0]).toMatchObject({ kind: "writeWeight", canaryWeight: 0 });
}

const walk = fc.array(happening, { minLength: 5, maxLength: 60 });
const RUNS = { seed: 20_261_124, numRuns: 1_500 };

it("holds every rule on every walk, and comes to rest", () => {
  const property = fc.property(walk, (steps) => {
    let world = smallWorld();
    for (const { happen } of steps) world = happen(world);
    const rested = settle(world, 60);
    // Deciding twice on an unchanged world yields no effects and the same status.
    const again = decideIn(rested);
    expect(again.effects).toEqual([]);
    expect(again.status).toEqual(rested.status);
  });
  fc.assert(property, RUNS);
});

it("an aborted version never gains traffic without a retry, however often the controller dies", () => {
  const quiet = walk.map((steps) =>
    steps.filter(({ name }) => !/^(retry|edit|route back|template|versions)/.test(name)),
  );
  const property = fc.property(quiet, (steps) => {
    let world = settle(traffic(settle(smallWorld()), { stable: [80, 0], canary: [20, 0] }));
    world = settle(ask(world, "abort"));
    for (const { happen } of steps) {
      world = happen(world);
      expect(world.route?.weight ?? 0).toBe(0);
    }
    if (!world.deleting && !world.namespaceTerminating && world.specErrors.length === 0)
      expect(settle(world).status?.phase).toBe("Aborted");
  });
  fc.assert(property, { ...RUNS, numRuns: 500 });
});
