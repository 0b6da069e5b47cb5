// People and their tools: actions, foreign edits, and who wins.

import { describe, expect, it } from "vitest";
import { STEPS } from "../../../testbed/rollout/echo-canary.ts";
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
} from "../../../testbed/rollout/small-world.ts";
import { formatTime } from "../kubernetes/time.ts";
import { VERBS, type Verb } from "../spec/action.ts";
import { can } from "./can.ts";

const running = settle(smallWorld());
const midway = settle(traffic(running, { stable: [80, 0], canary: [20, 0] }));
const atPerson = settle(smallWorld({ route: { weight: 50, version: 1, manager: "kubectl" } }));
const completed = settle(smallWorld({ route: { weight: 100, version: 1, manager: "kubectl" } }));
const aborted = settle(ask(midway, "abort"));
const reverted = (world: SmallWorld) => world.status?.rollout?.endReason;
const answers = ({ actions }: SmallWorld) => actions.map(({ status }) => status?.state);

describe("foreign edits in the middle of a rollout", () => {
  it("less for the canary, by a person: kept, and the rollout is aborted, with one write by nobody", () => {
    const world = settle(edit(midway, 0, "kubectl-client-side-apply"));
    expect([world.status?.phase, reverted(world), world.route?.weight]).toEqual(["Aborted", "ManualOverride", 0]);
    expect(world.route?.version).toBe(midway.route!.version + 1);
    expect(world.status?.message).toContain("kubectl-client-side-apply");
  });

  it("a part of it taken: that part is kept", () => {
    const world = settle(edit(atPerson, 10, "kubectl-edit"));
    expect([world.status?.phase, world.route?.weight, world.route?.manager]).toEqual(["Aborted", 10, "kubectl-edit"]);
  });

  it("more for the canary: set right in the same pass, said once", () => {
    const { world, decision } = pass(edit(midway, 90, "kubectl-edit"));
    expect(decision.effects[0]).toMatchObject({ kind: "writeWeight", canaryWeight: 20 });
    const after = settle(world);
    expect(after.route?.weight).toBe(20);
    expect(after.status?.phase).toBe("Progressing");
    expect(after.events.filter(({ reason }) => reason === "ForeignEdit")).toHaveLength(1);
  });

  it("more for the canary while stable has nobody to serve: kept until it has", () => {
    const world = settle(change(edit(midway, 90, "kubectl-edit"), "echo-v1", { ready: 0 }));
    expect(world.route?.weight).toBe(90);
    expect(settle(change(world, "echo-v1", { ready: 1 })).route?.weight).toBe(20);
  });

  it.each(["argocd-application-controller", "kustomize-controller", "helm-controller"])(
    "%s puts the original weights back: set right, counted, advised",
    (manager) => {
      let world = settle(edit(midway, 0, manager));
      expect([world.route?.weight, world.status?.phase]).toEqual([20, "Progressing"]);
      world = settle(edit(world, 0, manager));
      expect(world.status?.rollout?.gitOpsReverts).toBe(2);
      expect(world.events.at(-2)?.message ?? "").toContain("delegate");
    },
  );

  it("a GitOps revert that is seen together with the evidence is not set right any more: the version stays taken back", () => {
    const bad = traffic(edit(midway, 0, "argocd-application-controller"), { stable: [80, 0], canary: [20, 20] });
    const { world, decision } = pass(bad);
    expect(decision.effects.filter(({ kind }) => kind === "writeWeight")).toEqual([]);
    const after = settle(world);
    expect([after.status?.phase, reverted(after), after.route?.weight]).toEqual(["Aborted", "ErrorsWorse", 0]);
  });

  it("a GitOps manager that brings other weights than at the start speaks for a person", () => {
    const world = settle(edit(atPerson, 0, "argocd-application-controller"));
    expect(reverted(world)).toBe("ManualOverride");
  });

  it.each([
    ["its own write was cut short on the way up", 20, [50, 20], "serin", 50, undefined],
    ["its own abort was cut short", 50, [50, 0], "serin", 0, "Interrupted"],
    ["a person took it from one route", 50, [50, 0], "kubectl-edit", 0, "ManualOverride"],
    ["a person gave it more in one route", 50, [50, 90], "kubectl-edit", 50, undefined],
  ] as [string, number, number[], string, number, string | undefined][])(
    "two routes disagree because %s",
    (...[, written, disagreeing, by, weight, endReason]) => {
      let world = settle(smallWorld({ route: { weight: written, version: 1, manager: "kubectl" } }));
      const wanted = { ...world.status!.weight!, wanted: 50 };
      const status = { ...world.status!, weight: wanted };
      world = { ...edit(world, written, by), disagreeing, status, stored: status };
      const { decision } = pass(world);
      expect(decision.effects[0]).toMatchObject({ kind: "writeWeight", canaryWeight: weight });
      expect(decision.status.rollout?.endReason).toBe(endReason);
    },
  );

  it("outside a rollout no weight is written, whatever is found", () => {
    for (const weight of [0, 30, 70, 100]) {
      const world = settle(edit(aborted, weight, "kubectl-edit"));
      expect([world.route?.weight, world.status?.weight?.written]).toEqual([weight, weight]);
    }
  });
});

describe("abort", () => {
  it("is one write in the pass that sees it, before everything else", () => {
    const { decision } = pass(ask(midway, "abort", { reason: "smells" }));
    expect(decision.effects[0]).toMatchObject({ kind: "writeWeight", canaryWeight: 0 });
    expect(decision.status.message).toBeDefined();
    expect(aborted.actions[0]?.status?.state).toBe("Done");
  });

  it.each([
    ["proxies never answer", { proxiesDead: true, proxiesKnow: 0 }],
    ["metrics are blind", { nowMs: midway.nowMs + 3_600_000 }],
    ["the spec became invalid", { specErrors: ["spec: broken"] }],
    ["another Canary claims the route", { rival: "other" }],
    ["status was never stored", { stored: undefined }],
  ] as [string, Partial<SmallWorld>][])("goes through when %s", (_, overrides) => {
    const { decision } = pass(ask({ ...midway, ...overrides }, "abort"));
    expect(decision.effects[0]).toMatchObject({ kind: "writeWeight", canaryWeight: 0 });
  });

  it("keeps what serves while stable has no ready endpoint, scales it where it is asked for none, and says so", () => {
    const alone = change(midway, "echo-v1", { replicas: 0, ready: 0 });
    const waiting = settle(ask(alone, "abort"));
    expect([waiting.status?.phase, waiting.route?.weight]).toEqual(["Aborting", 20]);
    expect(waiting.workloads["echo-v1"]?.replicas).toBe(1);
    const ready = waiting.status?.conditions.find(({ type }) => type === "RollbackReady");
    expect([ready?.status, ready?.reason]).toEqual(["False", "StableNotReady"]);
    expect(waiting.events.some(({ type, reason }) => type === "Warning" && reason === "StableNotReady")).toBe(true);
    expect(settle(change(waiting, "echo-v1", { ready: 1 })).status?.phase).toBe("Aborted");
  });
});

describe("actions", () => {
  it("pause holds, resume goes on", () => {
    const held = settle(later(ask(midway, "pause"), 120_000));
    expect([held.status?.phase, held.route?.weight]).toEqual(["Paused", 20]);
    // The first reading after a long gap only begins a batch.
    const seen = settle(traffic(held, { stable: [80, 0], canary: [20, 0] }));
    const on = settle(ask(traffic(seen, { stable: [80, 0], canary: [20, 0] }), "resume"));
    expect([on.route?.weight, answers(on)]).toEqual([50, ["Done", "Done"]]);
  });

  it("promote --full goes to the end without pauses, but not without endpoints", () => {
    const one = settle(ask(change(midway, "echo-v2", { ready: 1 }), "promoteFull"));
    expect(one.route?.weight).toBe(20);
    const two = settle(change(one, "echo-v2", { ready: 2 }));
    expect([two.route?.weight, two.status?.phase]).toEqual([100, "Completed"]);
  });

  it("skip ends a timed pause", () => {
    expect(settle(ask(midway, "skip")).route?.weight).toBe(50);
  });

  it("a double click does not advance twice", () => {
    const { id, step } = midway.status!.rollout!;
    const twice = ask(ask(midway, "promote", { rollout: id, step }), "promote", { rollout: id, step });
    const world = settle(twice);
    expect([world.route?.weight, answers(world)]).toEqual([50, ["Done", "Refused"]]);
  });

  it.each([
    ["another rollout", { rollout: "old" }, "Refused"],
    ["another step", { step: 4 }, "Refused"],
    ["an expired one", { expiresAt: formatTime(midway.nowMs - 1) }, "Expired"],
    ["a time that is none", { expiresAt: "tomorrow" }, "Refused"],
  ] as [string, Record<string, unknown>, string][])("that mean %s do nothing", (_, spec, state) => {
    const world = settle(ask(midway, "promote", spec));
    expect([answers(world), world.route?.weight]).toEqual([[state], 20]);
    expect(world.actions[0]?.status?.message).toMatch(/nothing was done|write it as/);
  });

  it("keeps the newest 50 answers as the audit log", () => {
    let world = aborted;
    for (let i = 0; i < 60; i++) world = settle(later(ask(world, "pause"), 1_000));
    expect(world.actions).toHaveLength(50);
    expect(world.actions.every(({ status }) => status?.state === "Refused")).toBe(true);
  });

  it("are accepted at once, and done only when the status that contains them is stored", () => {
    const first = pass(ask(midway, "pause")).world;
    expect(answers(first)).toEqual(["Accepted"]);
    const unstored = pass({ ...first, stored: midway.stored }).world;
    expect(answers(unstored)).toEqual(["Accepted"]);
    expect(answers(pass(unstored).world)).toEqual(["Done"]);
  });

  it("that a dead controller had accepted, but not stored, are taken up again", () => {
    const accepted = pass(ask(midway, "pause")).world;
    const restarted = settle(restart({ ...accepted, stored: midway.stored }));
    expect([restarted.status?.rollout?.heldBy, answers(restarted)]).toEqual(["alice", ["Done"]]);
  });

  it("abort comes before whatever was asked earlier", () => {
    const world = settle(ask(ask(midway, "promoteFull"), "abort"));
    expect([world.status?.phase, world.route?.weight]).toEqual(["Aborted", 0]);
    expect(answers(world)).toEqual(["Refused", "Done"]);
  });

  const table: [string, SmallWorld, Verb[]][] = [
    ["moving", settle(change(smallWorld(), "echo-v2", { ready: 0 })), ["promoteFull", "pause", "abort"]],
    ["at a pause", midway, ["promote", "promoteFull", "pause", "skip", "abort"]],
    ["held", settle(ask(midway, "pause")), ["promote", "promoteFull", "resume", "abort"]],
    ["completed", completed, ["undo"]],
    ["aborted", aborted, ["retry"]],
  ];
  it.each(table)("while %s exactly these are allowed", (_, world, allowed) => {
    const found = VERBS.filter((verb) => can(verb, world.status, STEPS).allowed);
    expect(found).toEqual(VERBS.filter((verb) => allowed.includes(verb)));
    for (const verb of VERBS) {
      const state = settle(ask(world, verb)).actions.at(-1)?.status?.state;
      expect([verb, state]).toEqual([verb, allowed.includes(verb) ? "Done" : "Refused"]);
    }
  });
});

describe("blindness", () => {
  const at = (seconds: number, world: SmallWorld = atPerson) => settle(later(world, seconds * 1_000));

  it("freezes, falls back to the least weight, then goes back to stable, and is never called bad", () => {
    const frozen = at(6);
    expect([frozen.status?.evidence?.state, frozen.route?.weight]).toEqual(["blind", 50]);
    const fallen = at(70, frozen);
    expect([fallen.status?.phase, fallen.route?.weight]).toEqual(["Paused", 20]);
    const back = at(600, fallen);
    expect([back.status?.phase, reverted(back), back.route?.weight]).toEqual(["Aborted", "Blind", 0]);
    expect(back.status?.message).toContain("says nothing against the new version");
  });

  it("gives the weight back when sight returns, and watches the step anew", () => {
    const fallen = at(70, at(6));
    const again = settle(traffic(fallen, { stable: [1, 0], canary: [1, 0] }));
    expect([again.route?.weight, again.status?.phase]).toEqual([50, "Paused"]);
    expect(again.status?.rollout?.fellBackFrom).toBeUndefined();
  });

  it("does not stop a person who promotes to the end", () => {
    expect(settle(ask(at(6), "promoteFull")).status?.phase).toBe("Completed");
  });

  it("never begins a rollout in the dark", () => {
    const world = settle(later(settle(change(smallWorld(), "echo-v2", { ready: 0 })), 30_000));
    expect(settle(change(world, "echo-v2", { ready: 2 })).route?.weight).toBe(0);
  });

  it("proxies that stay silent are said once, and hold the step", () => {
    let world = settle(smallWorld({ proxiesDead: true }));
    for (let i = 0; i < 90; i++) world = settle(traffic(world, { stable: [8, 0], canary: [2, 0] }));
    expect([world.status?.rollout?.step, world.route?.weight]).toEqual([0, 20]);
    expect(world.events.filter(({ reason }) => reason === "ProxiesSilent")).toHaveLength(1);
  });

  it("starved is said, and holds the pause", () => {
    let world = running;
    for (let i = 0; i < 60; i++) world = settle(traffic(world, { stable: [10, 0], canary: [0, 0] }));
    expect([world.status?.evidence?.state, world.route?.weight, world.status?.phase]).toEqual([
      "starved",
      20,
      "Progressing",
    ]);
    expect(world.events.filter(({ reason }) => reason === "Starved")).toHaveLength(1);
  });
});
