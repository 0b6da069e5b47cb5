// The life of a rollout, told against a small world: adoption, steps, ends, and what never happens.

import { describe, expect, it } from "vitest";
import {
  ask,
  change,
  edit,
  later,
  pass,
  restart,
  type SmallWorld,
  settle,
  smallWorld,
  traffic,
  workloadOf,
} from "../../../testbed/rollout/small-world.ts";

const healthy = (world: SmallWorld) => settle(traffic(world, { stable: [80, 0], canary: [20, 0] }));

/** Seconds of healthy traffic. */
function watch(world: SmallWorld, seconds: number): SmallWorld {
  let now = world;
  for (let i = 0; i < seconds; i++) now = healthy(now);
  return now;
}

const step = ({ status }: SmallWorld) => status?.rollout?.step;
const reasons = ({ events }: SmallWorld) => events.map(({ reason }) => reason);

describe("adoption", () => {
  it.each([
    // found, step begun at, phase, weight after the first rest
    [0, 1, "Progressing", 20],
    [20, 1, "Progressing", 20],
    [30, 1, "Progressing", 30],
    [50, 3, "Paused", 50],
    [80, 3, "Paused", 80],
    [100, 5, "Completed", 100],
  ])("finds the canary at %i and rests at step %i, %s, at %i", (found, stepIndex, phase, weight) => {
    const world = settle(smallWorld({ route: { weight: found, version: 1, manager: "kubectl" } }));
    expect([step(world), world.status?.phase, world.route?.weight]).toEqual([stepIndex, phase, weight]);
  });

  it("says from where it goes on", () => {
    const world = settle(smallWorld({ route: { weight: 30, version: 1, manager: "kubectl" } }));
    expect(world.events.map(({ message }) => message)).toContain(
      "Found echo-v2 at 30 % of the traffic and goes on from there, at step 2.",
    );
  });

  it("takes no finalizer for a rollout that was completed before it came", () => {
    const world = settle(smallWorld({ route: { weight: 100, version: 1, manager: "kubectl" } }));
    expect(world.finalizer).toBe(false);
    expect(world.route?.version).toBe(1);
  });
});

describe("a clock that is set back", () => {
  it("holds up no pause", () => {
    const world = watch(later(watch(settle(smallWorld()), 5), -3_600_000), 32);
    expect([step(world), world.route?.weight]).toEqual([3, 50]);
  });

  it("lets an ended rollout count no more answers", () => {
    const ended = settle(ask(healthy(settle(smallWorld())), "abort"));
    const seen = (world: SmallWorld) => world.status?.evidence?.canary.requests;
    const later1h = later(ended, -3_600_000);
    expect(seen(settle(traffic(edit(later1h, 50, "kubectl"), { stable: [50, 0], canary: [50, 0] })))).toBe(seen(ended));
  });
});

describe("the steps", () => {
  it("go from 0 to 100 by time, a person, and evidence of requests", () => {
    let world = watch(settle(smallWorld()), 29);
    expect([step(world), world.route?.weight]).toEqual([1, 20]);
    world = watch(world, 2);
    expect([step(world), world.route?.weight, world.status?.phase]).toEqual([3, 50, "Paused"]);
    world = watch(world, 600);
    expect(step(world)).toBe(3);
    world = settle(ask(world, "promote"));
    expect([world.status?.phase, world.route?.weight, world.finalizer]).toEqual(["Completed", 100, false]);
    expect(world.actions.map(({ status }) => status?.state)).toEqual(["Done"]);
    expect(reasons(world)).toEqual([
      "Started",
      "WeightMoved",
      "WeightMoved",
      "PausedForPerson",
      "Promoted",
      "WeightMoved",
      "Completed",
    ]);
  });

  it("end at 100 % even when the last step asked for less", () => {
    const world = settle(smallWorld({ steps: [{ setWeight: 40 }] }));
    expect([world.status?.phase, world.route?.weight]).toEqual(["Completed", 100]);
  });

  it("wait for endpoints enough for the share, measured by the side that carries the traffic", () => {
    let world = smallWorld({ steps: [{ setWeight: 50 }, { pause: {} }] });
    world = settle(change(change(world, "echo-v1", { replicas: 5, ready: 5 }), "echo-v2", { replicas: 5, ready: 2 }));
    expect([world.route?.weight, world.status?.message]).toEqual([
      0,
      "echo-v2 has 2 of the 3 ready endpoints that its share needs: no traffic is moved to it before.",
    ]);
    expect(settle(change(world, "echo-v2", { ready: 3 })).route?.weight).toBe(50);
  });

  it("wait until the proxies know the destinations and endpoints", () => {
    const world = settle(smallWorld({ destinationsKnown: false }));
    expect([world.route?.weight, world.status?.message]).toEqual([
      0,
      "Waiting until every proxy works by what is written: gateway to see the endpoints.",
    ]);
    expect(settle({ ...world, destinationsKnown: true }).route?.weight).toBe(20);
  });

  it("wait for the proxies before the next one", () => {
    const world = settle(smallWorld({ steps: [{ setWeight: 10 }, { setWeight: 20 }], proxiesDead: true }));
    expect([world.route?.weight, world.status?.weight?.acknowledged]).toEqual([10, 0]);
    expect(world.status?.message).toContain("gateway");
    expect(settle({ ...world, proxiesDead: false }).route?.weight).toBe(100);
  });

  it("hold a timed pause in which the canary had no request", () => {
    let world = settle(smallWorld());
    for (let i = 0; i < 60; i++) world = settle(traffic(world, { stable: [0, 0] }));
    expect([step(world), world.status?.evidence?.state]).toEqual([1, "quiet"]);
    expect(world.status?.message).toContain("waiting for traffic");
    expect(step(watch(world, 1))).toBe(3);
  });
});

describe("rollback by itself", () => {
  it("takes a worse canary back, with the numbers", () => {
    let world = watch(settle(smallWorld()), 3);
    world = settle(traffic(world, { stable: [80, 0], canary: [20, 8] }));
    expect([world.status?.phase, world.route?.weight, world.status?.rollout?.endReason]).toEqual([
      "Aborted",
      0,
      "ErrorsWorse",
    ]);
    expect(world.status?.message).toContain("8 of 8 errors");
    expect(world.status?.evidence?.harmed).toBe(8);
    expect(world.finalizer).toBe(false);
  });

  it("counts the answers that were under way as harm, and changes no verdict by them", () => {
    const before = watch(settle(smallWorld()), 3);
    const taken = settle(traffic(before, { stable: [80, 0], canary: [20, 8] }));
    const tail = settle(traffic(taken, { stable: [100, 0], canary: [3, 3] }));
    expect(tail.status?.evidence).toMatchObject({ harmed: 11, odds: taken.status!.evidence!.odds, state: "worse" });
    const late = settle(traffic(later(tail, 5_000), { stable: [100, 0], canary: [3, 3] }));
    expect(late.status?.evidence?.harmed).toBe(11);
  });

  it("leaves a canary alone whose errors stable shares", () => {
    let world = settle(smallWorld());
    for (let i = 0; i < 20; i++) world = settle(traffic(world, { stable: [80, 20], canary: [20, 5] }));
    expect(world.status?.phase).toBe("Progressing");
  });

  it("never starts the same version again without a retry, even after another one", () => {
    let world = settle(traffic(watch(settle(smallWorld()), 2), { stable: [80, 0], canary: [20, 20] }));
    world = watch(world, 5);
    expect([world.status?.phase, world.route?.weight]).toEqual(["Aborted", 0]);
    world = { ...world, versions: { stable: "echo-v1", canary: "echo-v3" } };
    world = settle(change(world, "echo-v3", {}));
    expect(world.status?.phase).toBe("Progressing");
    world = settle(ask(world, "abort"));
    world = settle({ ...world, versions: { stable: "echo-v1", canary: "echo-v2" } });
    expect([world.status?.phase, world.route?.weight, world.status?.lastDecision?.reason]).toEqual([
      "Aborted",
      0,
      "RejectedBefore",
    ]);
  });

  it("asks for twice the evidence on a retry", () => {
    let world = settle(traffic(watch(settle(smallWorld()), 2), { stable: [80, 0], canary: [20, 20] }));
    const first = world.status?.rollout?.id;
    world = settle(ask(world, "retry"));
    expect(world.status?.rollout).toMatchObject({ id: `${first}-2`, attempt: 2 });
    expect(world.status?.evidence).toMatchObject({ limit: 200, odds: 1 });
    expect(world.route?.weight).toBe(20);
  });
});

describe("a canary that loses its last endpoint", () => {
  const carrying = watch(settle(smallWorld()), 3);
  const braked = settle(change(carrying, "echo-v2", { ready: 0 }));

  it("is braked in the same pass: stable serves until it is ready again", () => {
    const { decision } = pass(change(carrying, "echo-v2", { ready: 0 }));
    expect(decision.effects[0]).toMatchObject({ kind: "writeWeight", canaryWeight: 0 });
    expect([braked.route?.weight, braked.status?.phase, braked.status?.rollout?.endReason]).toEqual([
      0,
      "Progressing",
      undefined,
    ]);
    expect(reasons(braked).filter((reason) => reason === "Braked")).toHaveLength(1);
  });

  it("gets its weight back once it has endpoints enough, and the step begins anew", () => {
    const back = settle(change(watch(braked, 60), "echo-v2", { ready: 2 }));
    expect([back.route?.weight, step(back)]).toEqual([20, 1]);
    expect(step(watch(back, 25))).toBe(1);
    expect(step(watch(back, 32))).toBe(3);
  });

  it("is taken back for good the second time", () => {
    const back = settle(change(braked, "echo-v2", { ready: 2 }));
    const gone = settle(change(back, "echo-v2", { ready: 0 }));
    expect([gone.status?.phase, gone.status?.rollout?.endReason, gone.route?.weight]).toEqual([
      "Aborted",
      "CanaryUnavailable",
      0,
    ]);
  });

  it("is left alone while stable has nobody either", () => {
    const both = change(change(carrying, "echo-v1", { ready: 0 }), "echo-v2", { ready: 0 });
    expect(settle(both).route?.weight).toBe(20);
  });
});

describe("another version", () => {
  it("in the middle of a rollout: back to stable first, then anew with a new id", () => {
    const world = watch(settle(smallWorld()), 5);
    const { world: once } = pass(change(world, "echo-v2", { templateHash: "other" }));
    expect(once.route?.weight).toBe(0);
    const anew = settle(once);
    expect(anew.status?.rollout?.id).not.toBe(world.status?.rollout?.id);
    expect(anew.status?.evidence?.canary.requests).toBe(0);
    expect([anew.route?.weight, anew.status?.phase]).toEqual([20, "Progressing"]);
    expect(reasons(anew)).toContain("TemplateChanged");
  });

  it("named in spec.versions and named back: the first one starts again, for nothing was found against it", () => {
    const world = watch(settle(smallWorld()), 5);
    const other = settle(change({ ...world, versions: { stable: "echo-v1", canary: "echo-v3" } }, "echo-v3", {}));
    expect([other.status?.rollout?.canary, other.status?.phase]).toEqual(["echo-v3", "Progressing"]);
    const back = settle({ ...other, versions: { stable: "echo-v1", canary: "echo-v2" } });
    expect([back.status?.rollout?.canary, back.status?.phase, back.route?.weight]).toEqual([
      "echo-v2",
      "Progressing",
      20,
    ]);
  });

  it("after completion: a new rollout only when stable carries the traffic", () => {
    let world = settle(smallWorld({ route: { weight: 100, version: 1, manager: "kubectl" } }));
    world = { ...world, versions: { stable: "echo-v1", canary: "echo-v3" }, routeProblem: "v2 has all the weight" };
    world = settle(change(world, "echo-v3", {}));
    expect(world.status?.phase).toBe("Stalled");
    expect(world.status?.message).toContain("versions: {stable: echo-v2, canary: echo-v3}");
  });

  it("a restart of the canary's pods is no new version", () => {
    const world = settle(smallWorld());
    expect(pass(change(world, "echo-v2", { settled: false })).decision.effects).toEqual([]);
  });
});

describe("without traffic to move", () => {
  it.each([
    ["a Deployment is missing", { workloads: { "echo-v1": workloadOf("echo-v1") } }, "DeploymentMissing"],
    ["the spec is wrong", { specErrors: ["spec.strategy: is missing"] }, "SpecInvalid"],
    ["another Canary was first", { rival: "other" }, "RouteTaken"],
    ["no route is found", { route: undefined }, "NoVirtualService"],
    ["the routes disagree", { routeProblem: "they disagree" }, "RouteUnreadable"],
  ] as [string, Partial<SmallWorld>, string][])("stalls when %s", (_, overrides, reason) => {
    const world = settle(smallWorld(overrides));
    const stalled = world.status?.conditions.find(({ type }) => type === "Stalled");
    expect([world.status?.phase, stalled?.status, stalled?.reason]).toEqual(["Stalled", "True", reason]);
    expect(world.route?.version ?? 1).toBe(1);
  });

  it("stays completed when the old version is removed afterwards", () => {
    let world = settle(smallWorld({ route: { weight: 100, version: 1, manager: "kubectl" } }));
    world = settle({ ...world, workloads: { "echo-v2": workloadOf("echo-v2") } });
    expect(world.status?.phase).toBe("Completed");
    expect(world.status?.conditions.find(({ type }) => type === "RollbackReady")?.status).toBe("False");
  });
});

describe("leaving", () => {
  it("in the middle of a rollout: all on stable, then the object is let go", () => {
    const world = watch(settle(smallWorld()), 3);
    const gone = settle({ ...world, deleting: true });
    expect([gone.route?.weight, gone.finalizer]).toEqual([0, false]);
  });

  it("after completion: traffic stays", () => {
    const world = settle(smallWorld({ route: { weight: 100, version: 1, manager: "kubectl" }, finalizer: true }));
    const gone = settle({ ...world, deleting: true });
    expect([gone.route?.weight, gone.finalizer]).toEqual([100, false]);
  });

  it.each([
    ["the namespace goes", { namespaceTerminating: true }],
    ["the route is gone", { route: undefined }],
    ["stable is gone", { workloads: { "echo-v2": workloadOf("echo-v2") } }],
  ] as [string, Partial<SmallWorld>][])("lets go at once when %s", (_, overrides) => {
    const world = watch(settle(smallWorld()), 3);
    const { world: gone, decision } = pass({ ...world, ...overrides, deleting: true });
    expect(decision.effects.map(({ kind }) => kind)).not.toContain("writeWeight");
    expect(gone.finalizer).toBe(false);
  });

  it("waits for the first ready endpoint of stable", () => {
    const world = change(watch(settle(smallWorld()), 3), "echo-v1", { ready: 0 });
    const waiting = settle({ ...world, deleting: true });
    expect([waiting.route?.weight, waiting.finalizer]).toEqual([20, true]);
    const gone = settle(change(waiting, "echo-v1", { ready: 1 }));
    expect([gone.route?.weight, gone.finalizer]).toEqual([0, false]);
  });
});

describe("undo", () => {
  const completed = settle(smallWorld({ route: { weight: 100, version: 1, manager: "kubectl" } }));

  it("makes before it breaks: stable gets endpoints for everything first", () => {
    const scaledDown = change(completed, "echo-v1", { replicas: 0, ready: 0 });
    const waiting = settle(ask(scaledDown, "undo"));
    expect([waiting.route?.weight, waiting.status?.phase]).toEqual([100, "Undoing"]);
    expect(waiting.workloads["echo-v1"]?.replicas).toBe(2);
    const one = settle(change(waiting, "echo-v1", { ready: 1 }));
    expect(one.route?.weight).toBe(100);
    const unseen = settle({ ...change(one, "echo-v1", { ready: 2 }), destinationsKnown: false });
    expect([unseen.route?.weight, unseen.status?.phase]).toEqual([100, "Undoing"]);
    const undone = settle({ ...unseen, destinationsKnown: true });
    expect([undone.route?.weight, undone.status?.phase]).toEqual([0, "Undone"]);
    expect(undone.actions[0]?.status?.state).toBe("Done");
  });

  it("is refused when spec.versions already names the next release, or there is nothing to go back to", () => {
    const next = change(
      { ...completed, versions: { stable: "echo-v2", canary: "echo-v3" }, rival: "other" },
      "echo-v3",
      {},
    );
    const refused = settle(ask(settle(next), "undo"));
    expect(refused.actions[0]?.status?.message).toContain("versions: {stable: echo-v1, canary: echo-v2}");
    const alone = settle(ask({ ...completed, workloads: { "echo-v2": workloadOf("echo-v2") } }, "undo"));
    expect(alone.actions[0]?.status?.message).toBe("undo: there is no Deployment echo-v1 to go back to");
    expect([refused.route?.weight, alone.route?.weight]).toEqual([100, 100]);
  });

  it("does not start again by itself", () => {
    const undone = watch(settle(ask(completed, "undo")), 3);
    expect([undone.status?.phase, undone.route?.weight]).toEqual(["Undone", 0]);
  });
});

describe("a restart", () => {
  it("finds its own interrupted abort and never gives the canary its traffic back", () => {
    const world = watch(settle(smallWorld()), 3);
    const cut = restart(edit(world, 0, "serin"));
    const after = watch(settle(cut), 60);
    expect([after.status?.phase, after.status?.rollout?.endReason, after.route?.weight]).toEqual([
      "Aborted",
      "Interrupted",
      0,
    ]);
  });

  it("does not take its own intended write for a stranger's", () => {
    const world = watch(settle(smallWorld()), 30);
    const { world: wanting } = pass(later(world, 1_000));
    const cut = restart(edit({ ...wanting, stored: { ...wanting.stored! } }, 50, "serin"));
    const after = settle(cut);
    expect([after.status?.phase, after.route?.weight]).toEqual(["Paused", 50]);
    expect(reasons(after)).not.toContain("ForeignEdit");
  });
});
