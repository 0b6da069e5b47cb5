// Every order of events, from every place where a rollout can stand. Prints how much was walked, so that the bounds are known.

import { expect, test } from "vitest";
import { walkAll } from "./exhaustive.ts";
import { ask, type SmallWorld, settle, smallWorld, traffic } from "./small-world.ts";

const DEPTH = 6;
const fresh = smallWorld({ steps: [{ setWeight: 50 }, { pause: { duration: "10s" } }, { setWeight: 100 }] });
const halfWay = settle(fresh);

/** Eleven seconds of good traffic. */
function completed(): SmallWorld {
  let world = halfWay;
  for (let second = 0; second < 11; second++) world = settle(traffic(world, { stable: [50, 0], canary: [50, 0] }));
  return world;
}

test.each<[string, SmallWorld, string]>([
  ["before the first look", fresh, "undefined"],
  ["half way", halfWay, "Progressing"],
  ["aborted", settle(ask(halfWay, "abort")), "Aborted"],
  ["completed", completed(), "Completed"],
])("%s: no order of events breaks a rule", (name, world, phase) => {
  expect(String(world.status?.phase)).toBe(phase);
  const walked = walkAll(world, DEPTH);
  console.log(`${name}: depth ${walked.depth}, ${walked.states} states, ${walked.transitions} transitions`);
  expect(walked.broken).toBeUndefined();
  expect(walked.states).toBeGreaterThan(1_000);
});
