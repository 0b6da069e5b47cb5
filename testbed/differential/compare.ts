// Are two samples of observations alike? Sent once, a request must be answered the same; sent often, each answer must come about as
// often on both sides.

import type { Observation } from "./observe.ts";

/** How many standard deviations two equal splits may lie apart: fails by chance once in about 150,000 comparisons. */
const SIGMAS = 4.5;
/** Beyond what chance explains, so that rare answers are no surprise. */
const SLACK = 2;

export interface Difference {
  /** `status`, `headers.server`, `attempts[0].url`, `distribution`, … */
  field: string;
  real: unknown;
  sandbox: unknown;
}

/** `exactly`: chance has no part in it. */
export function compare(real: readonly Observation[], sandbox: readonly Observation[], exactly = false): Difference[] {
  if (real.length === 1 && sandbox.length === 1) return differences(real[0], sandbox[0], "");
  const [left, right] = [tally(real), tally(sandbox)];
  const found: Difference[] = [];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(key) ?? 0, right.get(key) ?? 0];
    const expected = Math.max(a, b) === 0 ? 0 : b === 0 ? a : b;
    // Both sides are samples, hence the two.
    const bound = SIGMAS * Math.sqrt(2 * expected * (1 - expected / real.length)) + SLACK;
    if (exactly && a !== b) found.push({ field: `count of ${summary(key)}`, real: a, sandbox: b });
    if (exactly) continue;
    const missing = (a === 0 || b === 0) && a + b > RARE;
    if (Math.abs(a - b) > bound || missing)
      found.push({ field: `distribution of ${summary(key)}`, real: a, sandbox: b });
  }
  return found;
}

/** An answer that one side gave more often than this and the other never is a difference, whatever the spread. */
const RARE = 12;

function tally(observations: readonly Observation[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const observation of observations) {
    const key = JSON.stringify(observation);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function summary(key: string): string {
  const { status, attempts } = JSON.parse(key) as Observation;
  return `${status} by ${attempts.map(({ to }) => to).join(" then ") || "nobody"}`;
}

function differences(real: unknown, sandbox: unknown, field: string): Difference[] {
  if (Object.is(real, sandbox)) return [];
  if (!isTree(real) || !isTree(sandbox) || Array.isArray(real) !== Array.isArray(sandbox))
    return [{ field, real, sandbox }];
  const keys = new Set([...Object.keys(real), ...Object.keys(sandbox)]);
  return [...keys].flatMap((key) => {
    const path = Array.isArray(real) ? `${field}[${key}]` : field === "" ? key : `${field}.${key}`;
    return differences(real[key], sandbox[key], path);
  });
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
