// Clock and log for tests of clusters.

import type { Clock } from "../../../src/ports/clock.ts";
import type { Log } from "../../../src/ports/log.ts";

export const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

export const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
