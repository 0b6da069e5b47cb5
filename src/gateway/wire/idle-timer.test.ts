import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { IdleTimer } from "./idle-timer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const state = { busy: false, expired: 0 };
  const timer = new IdleTimer({ idleMs: 1_000, isIdle: () => !state.busy, onIdle: () => state.expired++ });
  return { state, timer };
}

test("it expires once, when nothing was under way for so long", () => {
  const { state } = start();
  vi.advanceTimersByTime(999);
  expect(state.expired).toBe(0);
  vi.advanceTimersByTime(5_000);
  expect(state.expired).toBe(1);
});

test("work counts however long it takes, and the time begins anew behind it", () => {
  const { state, timer } = start();
  state.busy = true;
  vi.advanceTimersByTime(10_500);
  state.busy = false;
  timer.rest();
  vi.advanceTimersByTime(999);
  expect(state.expired).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(state.expired).toBe(1);
});

test("stopped, it never expires", () => {
  const { state, timer } = start();
  timer.stop();
  vi.advanceTimersByTime(10_000);
  expect(state.expired).toBe(0);
});
