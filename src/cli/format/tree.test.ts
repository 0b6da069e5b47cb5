import { expect, test } from "vitest";
import { deployment, echoCanary, PROGRESSING, timeAt } from "../../../testbed/rollout/echo-canary.ts";
import type { Pod, ReplicaSet } from "../../core/kubernetes/workload.ts";
import { type NamespaceObjects, viewOf } from "../rollout-view.ts";
import { glyphsFor } from "./glyphs.ts";
import { treeLines } from "./tree.ts";

const NOW_MS = Date.parse(timeAt(0));
const plain = (_: unknown, text: string) => text;

function replicaSet(owner: string): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${owner}-7d4`,
      namespace: "default",
      uid: `rs-${owner}`,
      creationTimestamp: timeAt(-900),
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name: owner, uid: `d-${owner}`, controller: true },
      ],
    },
    spec: { replicas: 1, selector: {}, template: { spec: { containers: [] } } },
    status: { replicas: 1, availableReplicas: 1 },
  };
}

function pod(owner: string, name: string, state: Partial<Pod["status"]> & object): Pod {
  const image = { name: "echo", image: "x", imageID: "x" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${owner}-7d4-${name}`,
      namespace: "default",
      creationTimestamp: timeAt(-45),
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `${owner}-7d4`, uid: `rs-${owner}` }],
    },
    spec: { containers: [] },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ ...image, ready: true, restartCount: 0, state: { running: { startedAt: timeAt(-40) } } }],
      ...state,
    },
  };
}

const OBJECTS: NamespaceObjects = {
  deployments: [deployment("echo-v1", "hashicorp/http-echo:1.0"), deployment("echo-v2", "hashicorp/http-echo:1.1")],
  replicaSets: [replicaSet("echo-v1"), replicaSet("echo-v2")],
  pods: [
    pod("echo-v1", "aaaaa", {}),
    pod("echo-v2", "bbbbb", {}),
    pod("echo-v2", "ccccc", {
      containerStatuses: [
        {
          name: "echo",
          image: "x",
          imageID: "x",
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container" } },
        },
      ],
    }),
  ],
};

test("a rollout in progress as a tree", () => {
  const lines = treeLines(viewOf(echoCanary({}), OBJECTS), { nowMs: NOW_MS, paint: plain, glyphs: glyphsFor({}) });
  expect(`\n${lines.join("\n")}\n`).toBe(`
Name:            echo
Namespace:       default
Status:          ◌ Progressing
Message:         Watching echo-v2 at 20 % for 30s (step 2).
Strategy:        Steps
  Step:          2/5 pause 30s
  SetWeight:     20
  ActualWeight:  19 (seen in the traffic)
Images:          hashicorp/http-echo:1.0 (stable)
                 hashicorp/http-echo:1.1 (canary)
Errors:
  stable:        0.094 % (3 of 3200 requests)
  canary:        1.5 % (12 of 800 requests)
Evidence:        collecting; odds that the canary is worse 14 : 1, limit 100 : 1; about 11 harmed requests
Last decision:   PausedForTime (20s ago)
Next:            set weight 50 (in 10s)

NAME                           KIND         STATUS               AGE   INFO
⟳ echo                         Canary       ◌ Progressing        10m
├──# echo-v2                   Deployment   ✔ Healthy            15m   canary,weight:20
│  └──⧉ echo-v2-7d4            ReplicaSet   ✔ Healthy            15m
│     ├──□ echo-v2-7d4-bbbbb   Pod          ✔ Running            45s   ready:1/1
│     └──□ echo-v2-7d4-ccccc   Pod          ✖ CrashLoopBackOff   45s   ready:0/1,restarts:3 back-off 40s restarting failed container
└──# echo-v1                   Deployment   ✔ Healthy            15m   stable,weight:80
   └──⧉ echo-v1-7d4            ReplicaSet   ✔ Healthy            15m
      └──□ echo-v1-7d4-aaaaa   Pod          ✔ Running            45s   ready:1/1
`);
});

test.each([
  { what: "set weight 50", at: timeAt(28), line: "Next:            set weight 50 (in 28s)" },
  { what: "Wait for requests.", at: timeAt(28), line: "Next:            in 28s" },
  { what: "wait for a person", at: undefined, line: "Next:            wait for a person" },
  { what: "Wait for requests", at: undefined, line: undefined },
])("a message is not said again as what comes next: $what at $at", ({ what, at, line }) => {
  const status = {
    message: "Wait for requests.",
    nextAction: { what, at },
    lastDecision: { at: timeAt(-5), reason: "TrafficMissing", message: "None came." },
  };
  const lines = treeLines(viewOf(echoCanary(status), OBJECTS), { nowMs: NOW_MS, paint: plain, glyphs: glyphsFor({}) });
  expect(lines.find((each) => each.startsWith("Next:"))).toBe(line);
  expect(lines).toContain("Last decision:   TrafficMissing: None came. (5s ago)");
});

test("on a narrow terminal sentences go on below where they began, in their colour", () => {
  const evidence = { ...PROGRESSING.evidence!, state: "worse" as const };
  const red = (tone: unknown, text: string) => (tone === "red" ? `<${text}>` : text);
  const options = { nowMs: NOW_MS, paint: red, glyphs: glyphsFor({}), columns: 61 };
  const lines = treeLines(viewOf(echoCanary({ evidence }), OBJECTS), options);
  const at = lines.findIndex((line) => line.startsWith("Evidence:"));
  expect(lines.slice(at, at + 4)).toEqual([
    "Evidence:        <worse; odds that the canary is worse 14 : 1,>",
    "                 <limit 100 : 1; about 11 harmed requests>",
    "Last decision:   PausedForTime (20s ago)",
    "Next:            set weight 50 (in 10s)",
  ]);
});

test("without a controller, without objects, in ASCII", () => {
  const empty: NamespaceObjects = { deployments: [], replicaSets: [], pods: [] };
  const options = { nowMs: NOW_MS, paint: plain, glyphs: glyphsFor({ LANG: "C" }) };
  const lines = treeLines(viewOf(echoCanary(), empty), options);
  expect(`\n${lines.join("\n")}\n`).toBe(`
Name:            echo
Namespace:       default
Status:          ? Pending
Message:         no controller has looked at it yet
Strategy:        Steps
  Step:          -/5
  SetWeight:     -
  ActualWeight:  -

NAME           KIND         STATUS       AGE   INFO
@ echo         Canary       ? Pending    10m
|--# echo-v2   Deployment   x NotFound         canary
\`--# echo-v1   Deployment   x NotFound         stable
`);
});
