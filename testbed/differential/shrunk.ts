// Generated cases that show a bug are made small before they are reported: each variant is put before both worlds.

import { type DifferentialCase, instantiate, type LiveCase } from "./case.ts";
import { type CaseVerdict, verdictOf } from "./report.ts";
import { ask, compareCase } from "./run.ts";
import { shrink } from "./shrink.ts";
import type { RoutingWorld } from "./world.ts";

export interface BothWorlds {
  real: RoutingWorld;
  sandbox: RoutingWorld;
}

/** More than a few bugs are not made small: they would take long, and are seen well enough. */
const AT_MOST = 2;
/** A report that is late because its bugs are not small yet helps nobody. */
const WITHIN_MS = 60_000;
let lastNumber = 10_000;

export async function shrunk(
  verdicts: readonly CaseVerdict[],
  cases: readonly LiveCase[],
  worlds: BothWorlds,
): Promise<CaseVerdict[]> {
  const bugs = verdicts
    .filter(({ verdict, feature }) => verdict === "bug" && feature === "generated")
    .slice(0, AT_MOST);
  const deadline = performance.now() + WITHIN_MS;
  const showsBug = async (variant: DifferentialCase) =>
    performance.now() < deadline && (await verdictIn(worlds, variant))?.verdict === "bug";
  const small = new Map<string, CaseVerdict>();
  for (const { name } of bugs) {
    const failing = cases.find(({ source }) => source.name === name)!.source;
    const smallest = await shrink(failing, showsBug);
    const verdict = await verdictIn(worlds, smallest);
    if (verdict !== undefined)
      small.set(name, { ...verdict, name: `${name}, made small: ${JSON.stringify(smallest.routes)}` });
  }
  return verdicts.map((each) => small.get(each.name) ?? each);
}

/** Undefined when an API refuses the variant, or it never takes effect. */
async function verdictIn({ real, sandbox }: BothWorlds, variant: DifferentialCase): Promise<CaseVerdict | undefined> {
  const each = instantiate(variant, ++lastNumber);
  try {
    for (const world of [real, sandbox]) {
      await world.apply(each.objects);
      await world.inEffect();
    }
    const [left, right] = [await ask(real, [each]), await ask(sandbox, [each])];
    return verdictOf(each, compareCase(each, left.get(variant.name)!, right.get(variant.name)!));
  } catch {
    return undefined;
  }
}
