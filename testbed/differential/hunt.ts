// Looks for a planted bug: cases of the feature that it belongs to are asked first, in a world of their own; then all others.

import type { LiveCase } from "./case.ts";
import type { PlantedBug } from "./plant.ts";
import { verdictOf } from "./report.ts";
import { ask, type CaseObservations, compareCase, prepare } from "./run.ts";
import type { RoutingWorld } from "./world.ts";

export interface Hunted {
  cases: readonly LiveCase[];
  real: ReadonlyMap<string, CaseObservations>;
  /** A new sandbox whose gateway has the bug. */
  startWorld(): Promise<RoutingWorld>;
}

/** The name of a case that shows it; undefined when none does. */
export async function hunt({ shownBy }: PlantedBug, hunted: Hunted): Promise<string | undefined> {
  const likely = hunted.cases.filter(({ source }) => source.feature === shownBy);
  const others = hunted.cases.filter(({ source }) => source.feature !== shownBy);
  return (await firstOf(likely, hunted)) ?? (await firstOf(others, hunted));
}

async function firstOf(cases: readonly LiveCase[], { real, startWorld }: Hunted): Promise<string | undefined> {
  if (cases.length === 0) return undefined;
  const world = await startWorld();
  const found: string[] = [];
  try {
    await prepare(world, cases);
    await ask(world, quickOnesFirst(cases), (each, observations) => {
      const known = real.get(each.source.name)!;
      if (verdictOf(each, compareCase(each, known, observations)).verdict === "bug") found.push(each.source.name);
      return found.length > 0;
    });
  } finally {
    await world.close();
  }
  return found[0];
}

/** Most bugs show at once. */
function quickOnesFirst(cases: readonly LiveCase[]): LiveCase[] {
  const cost = ({ requests }: LiveCase) =>
    requests.reduce((sum, { times = 1, afterMs = 0 }) => sum + times + afterMs, 0);
  return [...cases].sort((a, b) => cost(a) - cost(b));
}
