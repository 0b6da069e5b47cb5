import { expect, test } from "vitest";
import type { RetryCeiling } from "../routing/table.ts";
import { RetryLimit } from "./retry-limit.ts";

test.each<[RetryCeiling, number, number]>([
  [{ by: "number", maxRetries: 2 }, 100, 2],
  // Istio's example: 20 % of 25 requests are 5, and with 2 requests the minimum of 3 holds.
  [{ by: "budget", percent: 20, minConcurrency: 3 }, 25, 5],
  [{ by: "budget", percent: 20, minConcurrency: 3 }, 2, 3],
  [{ by: "budget", percent: 0, minConcurrency: 1 }, 1_000, 1],
])("%j with %i running allows %i", (ceiling, running, most) => {
  const limit = new RetryLimit(ceiling);
  const enter = () => limit.enter(() => running);
  for (let i = 0; i < most; i++) expect(enter()).toBe(true);
  expect(enter()).toBe(false);
  limit.leave();
  expect(enter()).toBe(true);
  expect(enter()).toBe(false);
});
