import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../ports/clock.ts";
import { ClusterError } from "../../ports/cluster.ts";
import { Expectations } from "./expectations.ts";
import { KeyQueue } from "./queue.ts";

const clock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

describe("KeyQueue", () => {
  it("runs each key alone, and again when it was added meanwhile", async () => {
    const running = new Set<string>();
    const runs: string[] = [];
    const queue = new KeyQueue({
      name: "test",
      clock,
      log,
      reconcile: async (key) => {
        expect(running.has(key)).toBe(false);
        running.add(key);
        runs.push(key);
        if (runs.length === 1) for (const each of ["a", "a", "b"]) queue.add(each);
        await sleep(5);
        running.delete(key);
      },
    });
    queue.add("a");
    queue.add("a");
    await sleep(1);
    await queue.idle();
    expect(runs).toEqual(["a", "b", "a"]);
  });

  it("tries again after a failure, later each time, until it works", async () => {
    const atMs: number[] = [];
    const done = new Promise<void>((resolve) => {
      const queue = new KeyQueue({
        name: "test",
        clock,
        log,
        reconcile: async () => {
          atMs.push(Date.now());
          if (atMs.length < 4) throw new ClusterError("Conflict", "busy");
          resolve();
        },
      });
      queue.add("a");
    });
    await done;
    const gapsMs = atMs.slice(1).map((time, index) => time - atMs[index]!);
    expect(gapsMs[0]).toBeGreaterThanOrEqual(19);
    expect(gapsMs[2]).toBeGreaterThanOrEqual(79);
  });

  it("does nothing more once stopped", async () => {
    let runs = 0;
    const queue = new KeyQueue({ name: "test", clock, log, reconcile: async () => void (runs += 1) });
    queue.addAfter("a", 5);
    queue.stop();
    queue.add("b");
    await sleep(20);
    expect(runs).toBe(0);
  });
});

describe("Expectations", () => {
  it("holds an owner back until its echoes are in, and no longer than the time-out", () => {
    const expectations = new Expectations();
    expectations.expect("rs", "pod", 0, "12");
    expect(expectations.settled("rs", 1)).toBe(false);
    expect(expectations.settled("other", 1)).toBe(true);
    expect(expectations.met("pod", "11")).toBeUndefined();
    expect(expectations.met("pod", "12")).toBe("rs");
    expect(expectations.settled("rs", 1)).toBe(true);
    expectations.expect("rs", "lost", 0);
    expect(expectations.settled("rs", 60_000)).toBe(true);
  });
});
