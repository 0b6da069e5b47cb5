// The users of the story: one open-loop client that runs from the first answer to the end, with a tally per phase.

import { type OpenLoop, startOpenLoop } from "../load/open-loop.ts";
import { Tally, type TallyReading } from "../load/tally.ts";

export interface PhaseCount {
  name: string;
  reading: TallyReading;
}

export class Traffic {
  readonly #load: OpenLoop;
  readonly #phases: { name: string; tally: Tally }[];
  readonly ratePerSecond: number;

  constructor(url: string, ratePerSecond: number) {
    const first = { name: "start", tally: new Tally() };
    this.#phases = [first];
    this.ratePerSecond = ratePerSecond;
    this.#load = startOpenLoop({ url, ratePerSecond, timeoutMs: 10_000 }, first.tally);
  }

  /** Requests from now on belong to this phase; the ones in flight stay with theirs. */
  phase(name: string): Tally {
    const tally = new Tally();
    this.#phases.push({ name, tally });
    this.#load.count(tally);
    return tally;
  }

  /** Every phase so far, in order; a request is in exactly one of them. */
  phases(): PhaseCount[] {
    return this.#phases.map(({ name, tally }) => ({ name, reading: tally.read() }));
  }

  get sent(): number {
    return this.#load.sent;
  }

  /** How late the client itself was at worst. */
  get latestMs(): number {
    return this.#load.latestMs;
  }

  stop(): Promise<void> {
    return this.#load.stop();
  }
}

export function totalOf(phases: PhaseCount[], count: (reading: TallyReading) => number): number {
  return phases.reduce((sum, { reading }) => sum + count(reading), 0);
}
