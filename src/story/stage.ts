// What the story is played on and with: ports, addresses, and what has been seen so far.

import type { Clock } from "../ports/clock.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { DataPlane } from "../ports/data-plane.ts";
import type { Log } from "../ports/log.ts";
import type { Pace } from "./acts.ts";
import type { StoryRecord } from "./clean.ts";
import type { Narrator } from "./narrator.ts";
import type { Traffic } from "./traffic.ts";
import type { Waiting } from "./wait.ts";

export interface Stage {
  cluster: Cluster;
  dataPlane: DataPlane;
  clock: Clock;
  log: Log;
  /** With the slash at its end. */
  gatewayUrl: string;
  /** Where the examples lie, and how people in this directory would name that folder. */
  examples: { dir: string; shown: string };
  pace: Pace;
  narrator: Narrator;
  record: StoryRecord;
  signal: AbortSignal;
}

/** The story in progress. */
export interface Play extends Waiting {
  stage: Stage;
  traffic: Traffic;
  chapters: Chapter[];
  /** Every promise that did not hold, as a sentence. */
  failures: string[];
}

/** One phase by hand, or one step of a rollout, as the report shows it. */
export interface Chapter {
  act: string;
  title: string;
  /** Index into the traffic's phases. */
  phase: string;
  file?: string;
  expected?: Record<string, number>;
  rollout?: RolloutChapter;
}

export interface RolloutChapter {
  id: string;
  from: string;
  to: string;
  phase: string;
  reason: string;
  message: string;
  tookMs: number;
  evidence?: {
    stable: { requests: number; errors: number };
    canary: { requests: number; errors: number };
    odds: number;
    limit: number;
    harmed: number;
  };
  /** What was told on the way. */
  said: string[];
}

/** Notes a promise as held or broken, and says so. */
export function check({ stage, failures }: Play, held: string, problem: string | undefined): void {
  if (problem === undefined) stage.narrator.good(held);
  else {
    failures.push(problem);
    stage.narrator.bad(problem);
  }
}
