// What happens in a simulated world, made from a seed alone: the release, the events and when, and the bad days.

import type { Verb } from "../../src/core/spec/action.ts";
import type { Step } from "../../src/core/spec/canary.ts";
import { type Faults, NO_FAULTS } from "./faulty-cluster.ts";
import { type Random, seeded } from "./random.ts";
import { CANARY, type Side, STABLE } from "./workloads.ts";

export type SimEvent =
  | { kind: "action"; verb: Verb; doubled?: boolean; stale?: boolean }
  | { kind: "handTakes" }
  | { kind: "handGives" }
  | { kind: "gitOps" }
  | { kind: "timeout" }
  | { kind: "unready"; side: Side; forMs: number }
  | { kind: "blind"; forMs: number }
  | { kind: "quiet"; forMs: number }
  | { kind: "clockJump"; byMs: number }
  | { kind: "deleteCanary" }
  | { kind: "changeTemplate" }
  | { kind: "breakWatches" };

export interface Scenario {
  seed: number;
  steps: Step[];
  replicas: Record<Side, number>;
  errorShare: Record<Side, number>;
  requestsPerSecond: number;
  maxUptakeMs: number;
  faults: Faults;
  /** The process dies after so many writes; each life has its own number. */
  deathsAfterWrites: number[];
  /** Restart after death. */
  restartMs: number;
  events: { atMs: number; event: SimEvent }[];
}

/** Events come one at a time, far enough apart that each one's outcome can be told. */
const FIRST_EVENT_MS = 2_000;
const EVENT_GAP_MS = 6_000;

export function scenarioOf(seed: number): Scenario {
  const random = seeded(seed);
  const replicas = 1 + random.below(3);
  return {
    seed,
    steps: stepsOf(random),
    replicas: { [STABLE]: replicas, [CANARY]: replicas },
    errorShare: errorsOf(random),
    requestsPerSecond: random.pick([20, 50, 100]),
    maxUptakeMs: random.pick([50, 300, 1_500]),
    ...badDays(random),
    restartMs: random.pick([50, 1_000, 5_000]),
    events: eventsOf(random),
  };
}

function stepsOf(random: Random): Step[] {
  const pause = (): Step => ({ pause: { duration: `${2 + random.below(6)}s` } });
  const weights = random.pick([[20, 50], [10, 60], [50], [5, 20, 80], [1, 100]]);
  return weights.flatMap((setWeight): Step[] => [{ setWeight }, pause()]);
}

function errorsOf(random: Random): Record<Side, number> {
  const [stable, canary] = random.pick([
    [0, 0],
    [0, 0],
    [0.01, 0.01],
    [0, 0.3],
    [0.01, 1],
  ] as const);
  return { [STABLE]: stable, [CANARY]: canary };
}

function badDays(random: Random): Pick<Scenario, "faults" | "deathsAfterWrites"> {
  const kind = random.pick(["none", "none", "faults", "deaths", "both"] as const);
  const level = random.pick([0.02, 0.1, 0.25]);
  const faults =
    kind === "faults" || kind === "both"
      ? { unreachable: level, lostAnswer: level, conflict: level, brokenWatch: level, expired: 0.5 }
      : NO_FAULTS;
  const deaths = kind === "deaths" || kind === "both" ? 1 + random.below(4) : 0;
  return { faults, deathsAfterWrites: Array.from({ length: deaths }, () => 1 + random.below(12)) };
}

function eventsOf(random: Random): Scenario["events"] {
  const count = random.below(5);
  return Array.from({ length: count }, (_, index) => ({
    atMs: FIRST_EVENT_MS + index * EVENT_GAP_MS + random.below(1_000),
    event: eventOf(random),
  }));
}

function eventOf(random: Random): SimEvent {
  const verbs: Verb[] = ["abort", "abort", "promote", "promoteFull", "pause", "resume", "skip", "retry", "undo"];
  const side = random.pick([STABLE, CANARY] as const);
  return random.pick<SimEvent>([
    { kind: "action", verb: random.pick(verbs) },
    { kind: "action", verb: random.pick(verbs), doubled: true },
    { kind: "action", verb: random.pick(verbs), stale: true },
    { kind: "handTakes" },
    { kind: "handGives" },
    { kind: "gitOps" },
    { kind: "timeout" },
    { kind: "unready", side, forMs: 500 + random.below(4_000) },
    { kind: "blind", forMs: random.pick([1_000, 5_500]) },
    { kind: "quiet", forMs: 5_500 },
    { kind: "clockJump", byMs: random.pick([-3_600_000, -5_000, 5_000, 3_600_000]) },
    { kind: "deleteCanary" },
    { kind: "changeTemplate" },
    { kind: "breakWatches" },
  ]);
}
