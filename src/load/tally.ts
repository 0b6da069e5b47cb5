// What became of a group of requests: answers by version and status, failures by cause, and how long they took.

import { createHistogram } from "node:perf_hooks";

export type Result =
  | { kind: "answered"; status: number; version: string | undefined }
  | { kind: "failed"; cause: string };
/** Latency counts from the moment at which the request was due. */
export type Outcome = Result & { latencyMs: number };

/** Plain values of a Tally at one moment. */
export interface TallyReading {
  sent: number;
  done: number;
  /** Answers below 400 and others, by the version they name; "none" where they name none. */
  versions: Record<string, VersionCount>;
  /** Answers by status code; 0 is no answer at all. */
  codes: Record<string, number>;
  /** Failures: no answer, by its cause; and answers of 400 and more, by "STATUS from VERSION". */
  failures: Record<string, number>;
  latencyMs: { p50: number; p90: number; p99: number; max: number };
}

export interface VersionCount {
  ok: number;
  failed: number;
}

/** Answers that name no version: the gateway's own. */
export const NO_VERSION = "none";

export class Tally {
  #sent = 0;
  #done = 0;
  #versions = new Map<string, VersionCount>();
  #codes = new Map<number, number>();
  #failures = new Map<string, number>();
  /** Microseconds; three figures. */
  #latency = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });

  sent(): void {
    this.#sent++;
  }

  add(outcome: Outcome): void {
    this.#done++;
    this.#latency.record(Math.max(1, Math.min(Math.round(outcome.latencyMs * 1_000), 120_000_000)));
    if (outcome.kind === "failed") {
      increment(this.#codes, 0);
      increment(this.#failures, outcome.cause);
      return;
    }
    const version = outcome.version ?? NO_VERSION;
    const count = this.#versions.get(version) ?? { ok: 0, failed: 0 };
    this.#versions.set(version, count);
    increment(this.#codes, outcome.status);
    if (outcome.status < 400) count.ok++;
    else {
      count.failed++;
      increment(this.#failures, `${outcome.status} from ${outcome.version ?? "the gateway"}`);
    }
  }

  read(): TallyReading {
    const ms = (percentile: number): number => (this.#done === 0 ? 0 : this.#latency.percentile(percentile) / 1_000);
    return {
      sent: this.#sent,
      done: this.#done,
      versions: Object.fromEntries([...this.#versions].map(([name, count]) => [name, { ...count }])),
      codes: Object.fromEntries(this.#codes),
      failures: Object.fromEntries(this.#failures),
      latencyMs: { p50: ms(50), p90: ms(90), p99: ms(99), max: this.#done === 0 ? 0 : this.#latency.max / 1_000 },
    };
  }
}

/** Failures that are not the named version's own: connection errors, time-outs, and bad answers without its marker. */
export function failuresNotOf(reading: TallyReading, version: string): number {
  const answered = Object.entries(reading.versions).filter(([name]) => name !== version);
  return (reading.codes[0] ?? 0) + answered.reduce((sum, [, { failed }]) => sum + failed, 0);
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
