import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../testbed/sim/virtual-clock.ts";
import { Queue } from "./queue.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A queue whose passes are recorded with their time, and run by the test's function. */
function queueOf(run: (key: string) => Promise<number | undefined>) {
  const clock = new VirtualClock(0);
  const passes: string[] = [];
  const queue = new Queue({
    clock,
    log: SILENT,
    random: () => 0.5,
    run: (key) => {
      passes.push(`${key}@${clock.now()}`);
      return run(key);
    },
  });
  return { clock, passes, queue };
}

describe("the queue", () => {
  it("makes one pass of many wakes of one moment", async () => {
    const { clock, passes, queue } = queueOf(async () => undefined);
    for (let i = 0; i < 5; i++) queue.wake("a");
    await clock.advance(0);
    expect(passes).toEqual(["a@0"]);
  });

  it("runs one pass of a key at a time, and exactly one more when it was woken meanwhile", async () => {
    let [running, most] = [0, 0];
    const { clock, passes, queue } = queueOf(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => void clock.after(100, resolve));
      running -= 1;
      return undefined;
    });
    queue.wake("a");
    await clock.advance(50);
    queue.wake("a");
    queue.wake("a");
    await clock.advance(1_000);
    expect([most, passes]).toEqual([1, ["a@0", "a@100"]]);
  });

  it("lets no key wait for another", async () => {
    const { clock, passes, queue } = queueOf((key) =>
      key === "slow" ? new Promise(() => {}) : Promise.resolve(undefined),
    );
    queue.wake("slow");
    queue.wake("fast");
    await clock.advance(0);
    expect(passes).toEqual(["slow@0", "fast@0"]);
  });

  it("looks again when the pass said so, and only then", async () => {
    let left = 2;
    const { clock, passes, queue } = queueOf(async () => (left-- > 0 ? clock.now() + 1_000 : undefined));
    queue.wake("a");
    await clock.advance(10_000);
    expect(passes).toEqual(["a@0", "a@1000", "a@2000"]);
  });

  it("tries a failed pass again, ever more patiently, and a wake cuts that short", async () => {
    let healthy = false;
    const { clock, passes, queue } = queueOf(async () => {
      if (!healthy) throw new Error("no");
      return undefined;
    });
    queue.wake("a");
    await clock.advance(1_000);
    expect(passes).toEqual(["a@0", "a@100", "a@300", "a@700"]);
    healthy = true;
    queue.wake("a");
    await clock.advance(60_000);
    expect(passes.slice(4)).toEqual(["a@1000"]);
  });

  it("stops: no pass begins, and it waits for the running one", async () => {
    const { clock, passes, queue } = queueOf(() => new Promise((resolve) => void clock.after(100, () => resolve(0))));
    queue.wake("a");
    await clock.advance(0);
    let stopped = false;
    void queue.stop().then(() => (stopped = true));
    queue.wake("b");
    await clock.advance(50);
    expect(stopped).toBe(false);
    await clock.advance(1_000);
    expect([stopped, passes]).toEqual([true, ["a@0"]]);
  });
});
