import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../../core/kubernetes/workload.ts";
import { fencepostsOf, wantedReplicas } from "./fenceposts.ts";
import {
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  newReplicaSet,
  REVISION,
  revisionOf,
  sizeAnnotations,
  sortSets,
} from "./replica-sets.ts";
import { planRollout } from "./rollout.ts";
import { availableOf, sizeOf, total } from "./size.ts";
import { POD_TEMPLATE_HASH, sameTemplate, templateHash } from "./template-hash.ts";

type Rolling = { maxSurge?: number | string; maxUnavailable?: number | string };

function deployment(
  image: string,
  replicas = 3,
  spec: Partial<Deployment["spec"]> = {},
  rollingUpdate?: Rolling,
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "echo", namespace: "default", uid: "d1", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: "echo" } },
      template: { metadata: { labels: { app: "echo" } }, spec: { containers: [{ name: "echo", image }] } },
      ...(rollingUpdate && { strategy: { type: "RollingUpdate", rollingUpdate } }),
      ...spec,
    },
  };
}

let age = 0;
function replicaSet(of: Deployment, size: number, available = size, revision = 1): ReplicaSet {
  const set = newReplicaSet(of, revision, size);
  age += 1;
  set.metadata.creationTimestamp = new Date(age * 1_000).toISOString();
  set.metadata.uid = set.metadata.name;
  set.status = { replicas: size, readyReplicas: available, availableReplicas: available };
  return set;
}

const scales = (plan: ReturnType<typeof planRollout>) =>
  plan.scale.map(({ set, from, to }) => [set.metadata.name, from, to]);

describe("fenceposts", () => {
  it.each([
    [10, "25%", "25%", 3, 2],
    [2, undefined, undefined, 1, 0],
    [4, "50%", 1, 2, 1],
    [1, 0, 0, 0, 1],
    [3, "0%", "10%", 0, 1],
    [2, 5, 5, 5, 2],
    [0, "25%", "25%", 0, 0],
  ])("%i replicas, surge %s, unavailable %s", (replicas, maxSurge, maxUnavailable, surge, missing) => {
    const found = fencepostsOf(deployment("a", replicas, {}, { maxSurge, maxUnavailable }));
    expect(found).toEqual({ maxSurge: surge, maxUnavailable: missing });
  });
});

describe("template hash", () => {
  const template = deployment("a").spec.template;
  it("does not depend on the order of keys or on the hash label itself", () => {
    const labelled = { metadata: { labels: { [POD_TEMPLATE_HASH]: "x", app: "echo" } }, spec: template.spec };
    expect(templateHash(labelled)).toBe(templateHash(template));
    expect(sameTemplate(labelled, template)).toBe(true);
  });
  it("changes with the content and with a collision, and is a valid label", () => {
    expect(templateHash(deployment("b").spec.template)).not.toBe(templateHash(template));
    expect(templateHash(template, 1)).not.toBe(templateHash(template));
    expect(templateHash(template)).toMatch(/^[a-z0-9]{10}$/);
  });
  it("changes with an annotation, as kubectl rollout restart sets one", () => {
    const restarted = {
      ...template,
      metadata: { ...template.metadata, annotations: { "kubectl.kubernetes.io/restartedAt": "now" } },
    };
    expect(sameTemplate(restarted, template)).toBe(false);
  });
});

describe("planRollout", () => {
  const [v1, v2] = [deployment("a"), deployment("b")];

  it("creates the first ReplicaSet in full size, labelled and owned", () => {
    const { create, revision } = planRollout(v1, [], 0);
    expect(revision).toBe(1);
    expect(create?.spec.replicas).toBe(3);
    const hash = templateHash(v1.spec.template);
    expect(create?.metadata.name).toBe(`echo-${hash}`);
    expect(create?.spec.selector.matchLabels).toEqual({ app: "echo", [POD_TEMPLATE_HASH]: hash });
    expect(create?.spec.template.metadata?.labels).toEqual({ app: "echo", [POD_TEMPLATE_HASH]: hash });
    expect(create?.metadata.ownerReferences?.[0]).toMatchObject({ kind: "Deployment", uid: "d1", controller: true });
    expect(create?.metadata.annotations).toMatchObject({
      [REVISION]: "1",
      [DESIRED_REPLICAS]: "3",
      [MAX_REPLICAS]: "4",
    });
  });

  it("starts a new template with the surge, as the next revision", () => {
    const plan = planRollout(v2, [replicaSet(v1, 3)], 3);
    expect(plan.create?.spec.replicas).toBe(1);
    expect(plan.revision).toBe(2);
  });

  it("takes from the old only what is available beyond the minimum", () => {
    const [old, fresh] = [replicaSet(v1, 3), replicaSet(v2, 1, 0, 2)];
    expect(scales(planRollout(v2, [old, fresh], 3))).toEqual([]);
    fresh.status!.availableReplicas = 1;
    expect(scales(planRollout(v2, [old, fresh], 3))).toEqual([[old.metadata.name, 3, 2]]);
  });

  it("takes unhealthy old pods first, from the oldest set on", () => {
    const d = deployment("c", 4, {}, { maxSurge: 0, maxUnavailable: 2 });
    const [sick, well] = [replicaSet(deployment("a", 4), 2, 0), replicaSet(deployment("b", 4), 2, 2, 2)];
    const fresh = replicaSet(d, 0, 0, 3);
    const plan = planRollout(d, [well, sick, fresh], 4);
    expect(scales(plan)).toEqual([[sick.metadata.name, 2, 0]]);
  });

  it("does nothing new while paused", () => {
    const paused = deployment("b", 3, { paused: true });
    expect(planRollout(paused, [replicaSet(v1, 3)], 3)).toEqual(
      expect.not.objectContaining({ create: expect.anything() }),
    );
  });

  it("scales in proportion when replicas change in the middle", () => {
    const wider = deployment("b", 30, {}, { maxSurge: 0, maxUnavailable: 5 });
    const narrow = deployment("b", 10, {}, { maxSurge: 0, maxUnavailable: 5 });
    const [old, fresh] = [replicaSet(deployment("a", 10), 8), replicaSet(narrow, 2, 2, 2)];
    for (const set of [old, fresh]) Object.assign(set.metadata.annotations!, sizeAnnotations(narrow));
    expect(scales(planRollout(wider, [old, fresh], 8))).toEqual([
      [old.metadata.name, 8, 24],
      [fresh.metadata.name, 2, 6],
    ]);
  });

  it("goes back to an old template by growing its ReplicaSet again, under a new revision", () => {
    const [first, second] = [replicaSet(v1, 0, 0, 1), replicaSet(v2, 3, 3, 2)];
    const plan = planRollout(v1, [first, second], 3);
    expect(plan.create).toBeUndefined();
    expect(plan.revision).toBe(3);
    expect(scales(plan)).toEqual([[first.metadata.name, 0, 1]]);
  });

  it("recreates: all old down, waits for their pods, then the new one in full", () => {
    const recreate = deployment("b", 3, { strategy: { type: "Recreate" } });
    const old = replicaSet(v1, 3);
    expect(scales(planRollout(recreate, [old], 3))).toEqual([[old.metadata.name, 3, 0]]);
    const down = replicaSet(v1, 0);
    expect(planRollout(recreate, [down], 1)).toEqual(expect.not.objectContaining({ create: expect.anything() }));
    expect(planRollout(recreate, [down], 0).create?.spec.replicas).toBe(3);
  });

  it("removes ReplicaSets beyond the history limit once complete", () => {
    const limited = deployment("d", 1, { revisionHistoryLimit: 1 });
    const [a, b] = [replicaSet(deployment("a"), 0, 0, 1), replicaSet(deployment("b"), 0, 0, 2)];
    const current = replicaSet(limited, 1, 1, 3);
    expect(planRollout(limited, [a, b, current], 0).remove).toEqual([a]);
    current.status!.availableReplicas = 0;
    expect(planRollout(limited, [a, b, current], 0).remove).toEqual([]);
  });

  it("numbers revisions one above all others", () => {
    expect(revisionOf(sortSets(v2, [replicaSet(v1, 3, 3, 7)]))).toBe(8);
    expect(revisionOf(sortSets(v2, [replicaSet(v1, 3, 3, 7), replicaSet(v2, 3, 3, 9)]))).toBe(9);
  });
});

describe("a rolling update under any order of events", () => {
  const bound = fc.oneof(
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 0, max: 100 }).map((p) => `${p}%`),
  );

  it("never exceeds the surge, never takes below the minimum, and ends", () => {
    const world = fc.record({
      replicas: fc.integer({ min: 1, max: 12 }),
      maxSurge: bound,
      maxUnavailable: bound,
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(world, ({ replicas, maxSurge, maxUnavailable, seed }) => {
        const before = deployment("a", replicas, {}, { maxSurge, maxUnavailable });
        const after = deployment("b", replicas, {}, { maxSurge, maxUnavailable });
        const { maxSurge: surge, maxUnavailable: missing } = fencepostsOf(after);
        const sets = [replicaSet(before, replicas)];
        let random = seed >>> 0;
        for (let step = 0; step < 400; step += 1) {
          const plan = planRollout(after, sets, 0);
          if (plan.create)
            sets.push(
              Object.assign(plan.create, {
                metadata: { ...plan.create.metadata, uid: "new" },
                status: { replicas: 0 },
              }),
            );
          for (const { set, to } of plan.scale) {
            set.spec.replicas = to;
            // A ReplicaSet that shrinks takes unready pods first.
            set.status = { replicas: to, availableReplicas: Math.min(to, availableOf(set)) };
          }
          expect(total(sets, sizeOf)).toBeLessThanOrEqual(replicas + surge);
          expect(total(sets, availableOf)).toBeGreaterThanOrEqual(wantedReplicas(after) - missing);
          // One pod more of the new version becomes available, some time.
          random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
          const fresh = sets[1];
          if (fresh && random % 3 === 0 && availableOf(fresh) < sizeOf(fresh))
            fresh.status = { replicas: sizeOf(fresh), availableReplicas: availableOf(fresh) + 1 };
        }
        expect(sets.map(sizeOf)).toEqual([0, replicas]);
      }),
      { numRuns: 200, seed: 42 },
    );
  });
});
