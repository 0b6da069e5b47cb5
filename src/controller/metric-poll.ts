// Reads the counters of every running rollout once a second, beside the passes: a slow or dead source holds up nothing.
// A failed reading is no reading; decide sees from its age that it is blind.

import type { CounterSnapshot } from "../core/analysis/evidence.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { MetricSource } from "../ports/metric-source.ts";
import { withDeadline } from "./deadline.ts";

export interface MetricPollOptions {
  metrics: MetricSource;
  clock: Clock;
  log: Log;
  intervalMs: number;
  /** Called with each good reading, and with undefined after a failed one. */
  onReading: (key: string, reading: CounterSnapshot | undefined) => void;
}

export interface PolledRollout {
  namespace: string;
  stable: string;
  canary: string;
}

const READ_LIMIT_MS = 2_000;

interface Poll {
  rollout: PolledRollout;
  cancel: () => void;
  reading: boolean;
  failing: boolean;
}

export class MetricPoll {
  #options: MetricPollOptions;
  #polls = new Map<string, Poll>();

  constructor(options: MetricPollOptions) {
    this.#options = options;
  }

  /** Begins or goes on polling for a key; with undefined it ends. */
  follow(key: string, rollout: PolledRollout | undefined): void {
    const poll = this.#polls.get(key);
    if (rollout === undefined) {
      poll?.cancel();
      this.#polls.delete(key);
    } else if (poll === undefined) {
      this.#polls.set(key, { rollout, cancel: () => {}, reading: false, failing: false });
      this.now(key);
    } else poll.rollout = rollout;
  }

  /** Reads at once: a weight has changed, and the next batch is to begin with it. */
  now(key: string): void {
    const poll = this.#polls.get(key);
    if (poll === undefined || poll.reading) return;
    poll.cancel();
    poll.cancel = this.#options.clock.after(this.#options.intervalMs, () => this.now(key));
    void this.#read(key, poll);
  }

  stop(): void {
    for (const key of this.#polls.keys()) this.follow(key, undefined);
  }

  async #read(key: string, poll: Poll): Promise<void> {
    const { metrics, clock, log, onReading } = this.#options;
    const { namespace, stable, canary } = poll.rollout;
    poll.reading = true;
    try {
      const read = metrics.read({ namespace, workloads: [stable, canary] });
      const { atMs, workloads } = await withDeadline(clock, READ_LIMIT_MS, "metrics", read);
      poll.failing = false;
      if (this.#polls.get(key) === poll)
        onReading(key, { atMs, ...optional("stable", workloads[stable]), ...optional("canary", workloads[canary]) });
    } catch (error) {
      if (!poll.failing) log.warn("metrics cannot be read", { canary: key, error: String(error) });
      poll.failing = true;
      if (this.#polls.get(key) === poll) onReading(key, undefined);
    } finally {
      poll.reading = false;
    }
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}
