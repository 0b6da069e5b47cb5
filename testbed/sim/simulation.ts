// Plays a range of seeds and reports: what was seen, and the first stories that broke a rule with the way to replay them.

import { playSeed, SharedApi } from "./simulate.ts";

export interface Report {
  seeds: number;
  /** How the stories ended, by kind. */
  ends: Record<string, number>;
  broken: string[];
}

/** SERIN_SIM_SEED=n plays that seed alone, with the controller's log. */
export function replayedSeed(): number | undefined {
  const text = process.env["SERIN_SIM_SEED"];
  return text === undefined || text === "" ? undefined : Number(text);
}

export async function playSeeds(from: number, count: number): Promise<Report> {
  const api = new SharedApi();
  const ends: Record<string, number> = {};
  const broken: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const { end, violations } = await playSeed(api, seed, replayedSeed() === seed ? { log: LOUD } : {});
    ends[end] = (ends[end] ?? 0) + 1;
    for (const { rule, atMs, what } of violations)
      broken.push(
        `seed ${seed}, rule ${rule}, at ${atMs} ms: ${what}; replay with SERIN_SIM_SEED=${seed} npm test -- testbed/sim`,
      );
  }
  await api.close();
  return { seeds: count, ends, broken };
}

const LOUD = { debug: say, info: say, warn: say, error: say };

function say(message: string, fields?: Record<string, unknown>): void {
  console.log(message, JSON.stringify(fields ?? {}));
}
