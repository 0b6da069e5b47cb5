import { expect, it } from "vitest";
import { NO_BACK_OFF, nextBackOff } from "./back-off.ts";

it("doubles from 10 s to 5 min, the first restart being free", () => {
  let backOff = NO_BACK_OFF;
  const delays = Array.from({ length: 9 }, () => (backOff = nextBackOff(backOff, 1_000)).delayMs / 1_000);
  expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
});

it("forgets after ten minutes of running", () => {
  expect(nextBackOff({ endings: 8, delayMs: 300_000 }, 600_000)).toEqual({ endings: 1, delayMs: 0 });
});
