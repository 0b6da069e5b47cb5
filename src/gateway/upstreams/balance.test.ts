import { expect, test } from "vitest";
import { seededRandom } from "../random.ts";
import { pickEndpoint, untried } from "./balance.ts";

const endpoints = [{ inFlight: 0 }, { inFlight: 5 }, { inFlight: 9 }];

function shares(balance: "least_request" | "round_robin" | "random", draws = 9_000): number[] {
  const [state, random] = [{ cursor: -1 }, seededRandom(4)];
  const counts = [0, 0, 0];
  for (let i = 0; i < draws; i++) counts[endpoints.indexOf(pickEndpoint(endpoints, balance, state, random))]!++;
  return counts.map((count) => Math.round((9 * count) / draws));
}

test("round robin and random are even; the power of two choices prefers the idle one 5 : 3 : 1", () => {
  expect(shares("round_robin")).toEqual([3, 3, 3]);
  expect(shares("random")).toEqual([3, 3, 3]);
  expect(shares("least_request")).toEqual([5, 3, 1]);
});

test("what was tried is avoided while another is left", () => {
  expect(untried([1, 2, 3], [2])).toEqual([1, 3]);
  expect(untried([1, 2], [1, 2])).toEqual([1, 2]);
  expect(untried([1, 2], undefined)).toEqual([1, 2]);
});
