// Paper is done beside the passes: status, Events, answers, finalizers. Traffic never waits for it (ADR 0012). Jobs of one
// lane of one Canary run in order; a job that fails is dropped and its Canary looked at again, for decide asks for whatever
// is still missing.

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { withDeadline } from "./deadline.ts";

export type Lane = "status" | "events" | "answers" | "object";

export interface Job {
  /** Jobs of the same id are one while it waits or runs. */
  id: string;
  run: () => Promise<void>;
  /** After a failure, before the Canary is looked at again. */
  failed?: () => void;
}

export interface ClerkOptions {
  clock: Clock;
  log: Log;
  /** Asks for another pass over the Canary. */
  lookAgain: (key: string, delayMs: number) => void;
}

const JOB_LIMIT_MS = 10_000;
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 30_000;

export class Clerk {
  #options: ClerkOptions;
  #lanes = new Map<string, { jobs: Job[]; done: Promise<void> }>();
  #failures = new Map<string, number>();
  #stopped = false;

  constructor(options: ClerkOptions) {
    this.#options = options;
  }

  take(key: string, lane: Lane, job: Job): void {
    if (this.#stopped) return;
    const laneKey = `${key} ${lane}`;
    const existing = this.#lanes.get(laneKey);
    if (existing !== undefined) {
      if (!existing.jobs.some(({ id }) => id === job.id)) existing.jobs.push(job);
      return;
    }
    const jobs = [job];
    const done = this.#work(key, laneKey, jobs).finally(() => this.#lanes.delete(laneKey));
    this.#lanes.set(laneKey, { jobs, done });
  }

  /** Takes no more jobs; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#lanes.values()].map(({ done }) => done));
  }

  async #work(key: string, laneKey: string, jobs: Job[]): Promise<void> {
    const { clock, log, lookAgain } = this.#options;
    while (jobs.length > 0 && !this.#stopped) {
      const job = jobs[0]!;
      try {
        await withDeadline(clock, JOB_LIMIT_MS, job.id, job.run());
        this.#failures.delete(laneKey);
      } catch (error) {
        const failures = this.#failures.get(laneKey) ?? 0;
        this.#failures.set(laneKey, failures + 1);
        log.warn("could not write, trying again", { canary: key, job: job.id, error: String(error) });
        job.failed?.();
        lookAgain(key, Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS));
      }
      jobs.shift();
    }
  }
}
