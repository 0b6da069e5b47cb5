// Makes a failing case small: leaves out one thing after another, as long as the worlds still disagree.

import type { DifferentialCase } from "./case.ts";

/** `fails` tells whether a variant still shows a bug; a variant that an API refuses does not. */
export async function shrink(
  failing: DifferentialCase,
  fails: (variant: DifferentialCase) => Promise<boolean>,
  tries = 40,
): Promise<DifferentialCase> {
  let smallest = failing;
  let left = tries;
  let found = true;
  while (found && left > 0) {
    found = false;
    for (const variant of smaller(smallest)) {
      if (left-- === 0) break;
      if (!(await fails(variant))) continue;
      smallest = variant;
      found = true;
      break;
    }
  }
  return smallest;
}

/** Variants with one part less: big parts first. */
function* smaller(each: DifferentialCase): Generator<DifferentialCase> {
  if (each.requests.length > 1) for (const request of each.requests) yield { ...each, requests: [request] };
  for (const routes of without(each.routes)) if (routes.length > 0) yield { ...each, routes };
  for (const requests of without(each.requests)) if (requests.length > 0) yield { ...each, requests };
}

/** Each value with one element or field left out, at any depth. */
function* without<T>(value: T): Generator<T> {
  if (typeof value !== "object" || value === null) return;
  const keys = Object.keys(value);
  for (const key of keys) yield omit(value, key);
  for (const key of keys)
    for (const inner of without((value as Record<string, unknown>)[key]))
      yield (
        Array.isArray(value)
          ? value.map((each: unknown, i) => (String(i) === key ? inner : each))
          : { ...value, [key]: inner }
      ) as T;
}

function omit<T>(value: T, key: string): T {
  if (Array.isArray(value)) return value.filter((_, i) => String(i) !== key) as T;
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => name !== key)) as T;
}
