// Whoever can wait does; whoever must not is never held up, and is paid for.

import { expect, test } from "vitest";
import { VirtualClock } from "../../../testbed/sim/virtual-clock.ts";
import { rateLimit } from "./rate-limit.ts";

const RATE = { perSecond: 50, burst: 100 };

function world() {
  const clock = new VirtualClock();
  const limit = rateLimit(RATE, clock);
  const sentAtMs: number[] = [];
  const refused: unknown[] = [];
  const ask = (urgent: boolean, signal?: AbortSignal) =>
    void limit.admit({ urgent }, signal).then(
      () => sentAtMs.push(clock.elapsedMs),
      (error: unknown) => refused.push(error),
    );
  return { clock, limit, sentAtMs, refused, ask };
}

test("a burst goes at once, then so many a second", async () => {
  const { clock, sentAtMs, ask } = world();
  for (let i = 0; i < 150; i++) ask(false);
  await clock.advance(0);
  expect(sentAtMs).toHaveLength(100);
  await clock.advance(1_000);
  expect(sentAtMs).toHaveLength(150);
  expect(sentAtMs.slice(100)).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 20));
});

test("what is urgent never waits, however many are waiting", async () => {
  const { clock, sentAtMs, ask } = world();
  for (let i = 0; i < 290; i++) ask(false);
  await clock.advance(0);
  sentAtMs.length = 0;
  for (let i = 0; i < 500; i++) ask(true);
  await clock.advance(0);
  expect(sentAtMs).toHaveLength(500);
});

test("the others pay for what was urgent, within bounds", async () => {
  const { clock, sentAtMs, ask } = world();
  for (let i = 0; i < 10_000; i++) ask(true);
  await clock.advance(0);
  sentAtMs.length = 0;
  ask(false);
  await clock.advance(2_000);
  expect(sentAtMs).toEqual([]);
  await clock.advance(20);
  expect(sentAtMs).toEqual([2_020]);
});

test("nobody waits longer than a caller would: more is refused, with the time to come back", async () => {
  const { clock, sentAtMs, refused, ask } = world();
  for (let i = 0; i < 1_000; i++) ask(false);
  await clock.advance(4_000);
  expect(sentAtMs).toHaveLength(300);
  expect(refused).toHaveLength(700);
  expect(refused[0]).toMatchObject({ reason: "TooManyRequests", retryable: true, retryAfterMs: 20 });
});

test("one who gives up gives its place back", async () => {
  const { clock, sentAtMs, refused, ask } = world();
  for (let i = 0; i < 100; i++) ask(false);
  const abort = new AbortController();
  ask(false, abort.signal);
  await clock.advance(0);
  abort.abort();
  await clock.advance(0);
  ask(false);
  await clock.advance(20);
  expect(refused).toEqual([abort.signal.reason]);
  expect(sentAtMs.at(-1)).toBe(20);
});

test("a wall clock that is set back holds nobody up for longer", async () => {
  const { clock, sentAtMs, ask } = world();
  for (let i = 0; i < 100; i++) ask(false);
  clock.jump(-3_600_000);
  ask(false);
  await clock.advance(1_000);
  for (let i = 0; i < 40; i++) ask(false);
  await clock.advance(0);
  expect(sentAtMs).toHaveLength(141);
});
