import { describe, expect, it } from "vitest";
import type { ProbeName } from "./probe-spec.ts";
import { firstState, probeStep } from "./probe-state.ts";

const TIMING = { initialDelayMs: 0, periodMs: 5_000, timeoutMs: 1_000, successThreshold: 1, failureThreshold: 3 };

/** Plays results at times and returns `[healthy, nextInMs, counted]` of each. */
function play(name: ProbeName, results: [number, "success" | "failure"][], timing = TIMING) {
  let state = firstState(name);
  return results.map(([atMs, result]) => {
    const step = probeStep(state, result, { name, timing }, atMs, atMs);
    state = step.state;
    return [state.healthy, step.nextInMs, step.counted];
  });
}

describe("probeStep", () => {
  it("asks often until the first success, less often the longer it waits, then every period", () => {
    const results = play("readinessProbe", [
      [0, "failure"],
      [600, "failure"],
      [2_100, "failure"],
      [5_000, "failure"],
      [20_000, "failure"],
      [70_000, "failure"],
      [70_500, "success"],
    ]);
    expect(results.map(([, nextInMs]) => nextInMs)).toEqual([25, 50, 100, 100, 500, 5_000, 5_000]);
    expect(results.map(([, , counted]) => counted)).toEqual([false, false, false, true, true, true, true]);
    expect(results.at(-1)?.[0]).toBe(true);
  });

  it("is never healthy without a success", () => {
    const failures = Array.from({ length: 50 }, (_, n): [number, "failure"] => [n * 50, "failure"]);
    expect(play("readinessProbe", failures).every(([healthy]) => healthy === false)).toBe(true);
  });

  it("counts failures of a startup probe only once a period, whatever the pace", () => {
    const failures = [0, 50, 5_000, 5_050, 10_000, 10_050, 15_000].map((atMs): [number, "failure"] => [
      atMs,
      "failure",
    ]);
    const healthy = play("startupProbe", failures).map(([each]) => each);
    expect(healthy).toEqual([undefined, undefined, undefined, undefined, undefined, undefined, false]);
  });

  it("loses readiness after failureThreshold failures and gets it back by one success", () => {
    const times: [number, "success" | "failure"][] = [
      [0, "success"],
      [5_000, "failure"],
      [10_000, "failure"],
      [15_000, "failure"],
      [20_000, "success"],
    ];
    expect(play("readinessProbe", times).map(([healthy]) => healthy)).toEqual([true, true, true, false, true]);
  });

  it("needs successThreshold successes in a row, a period apart", () => {
    const timing = { ...TIMING, successThreshold: 2 };
    expect(
      play(
        "readinessProbe",
        [
          [0, "success"],
          [5_000, "failure"],
          [10_000, "success"],
          [15_000, "success"],
        ],
        timing,
      ),
    ).toEqual([
      [false, 5_000, true],
      [false, 5_000, true],
      [false, 5_000, true],
      [true, 5_000, true],
    ]);
  });

  it("believes in life until the liveness probe failed often enough", () => {
    expect(
      play("livenessProbe", [
        [0, "failure"],
        [5_000, "failure"],
        [10_000, "failure"],
      ]),
    ).toEqual([
      [true, 5_000, true],
      [true, 5_000, true],
      [false, 5_000, true],
    ]);
  });
});
