// Readings in, totals and states out.

import { describe, expect, it } from "vitest";
import type { EvidenceStatus } from "../rollout/status.ts";
import { judgeData } from "./data-state.ts";
import { decisionCard, describeCard, percent, wholeNumber } from "./decision-card.ts";
import { type CounterSnapshot, foldReading, harmed, newEvidence } from "./evidence.ts";

const START = 1_767_225_600_000;
const counters = (requests: number, errors: number, epoch = "1") => ({ requests, errors, epoch });
const context = (seconds: number, weight = 20) => ({ nowMs: START + seconds * 1_000, weight, total: 100 });
const at = (seconds: number, canary: [number, number], stable: [number, number], epoch = "1"): CounterSnapshot => ({
  atMs: START + seconds * 1_000,
  canary: counters(...canary, epoch),
  stable: counters(...stable, epoch),
});
const first = foldReading(newEvidence(START, 1), at(1, [100, 50], [900, 10]), context(1));
const PATIENCE = { blindAfterMs: 5_000, quietAfterMs: 10_000 };

describe("readings", () => {
  it("the first only begins a batch: what was before the rollout is nobody's fault", () => {
    expect(first.canary).toEqual({ requests: 0, errors: 0 });
    expect(first.odds).toBe(1);
  });

  it("what comes after is counted once, however often it is read", () => {
    const reading = at(2, [110, 55], [990, 10]);
    const once = foldReading(first, reading, context(2));
    expect([once.canary, once.stable]).toEqual([
      { requests: 10, errors: 5 },
      { requests: 90, errors: 0 },
    ]);
    expect(foldReading(once, reading, context(3))).toBe(once);
  });

  it("a batch across a change of weight is counted, but no bet is placed on it", () => {
    const once = foldReading(first, at(2, [110, 60], [990, 10]), context(2, 50));
    expect([once.canary.errors, once.odds, once.harmed]).toEqual([10, 1, 10]);
  });

  it("a restarted source begins at zero: the new value is the batch", () => {
    const once = foldReading(first, at(2, [7, 1], [30, 0], "2"), context(2));
    expect([once.canary, once.stable]).toEqual([
      { requests: 7, errors: 1 },
      { requests: 30, errors: 0 },
    ]);
  });

  it("a version that appears for the first time had nothing before", () => {
    const alone = foldReading(newEvidence(START, 1), { atMs: START, stable: counters(10, 0) }, context(0));
    const both = foldReading(alone, at(1, [3, 3], [20, 0]), context(1));
    expect(both.canary).toEqual({ requests: 3, errors: 3 });
  });

  it("after a long gap it begins afresh", () => {
    const late = foldReading(first, at(100, [500, 400], [5_000, 10]), context(100));
    expect([late.canary.requests, late.reading?.sourceAtMs]).toEqual([0, START + 100_000]);
  });
});

describe("the state of the data", () => {
  const judge = (evidence: EvidenceStatus, seconds: number, share = 0.2) =>
    judgeData(evidence, share, PATIENCE, START + seconds * 1_000);
  const asked = foldReading(first, at(2, [110, 50], [990, 10]), context(2));

  it("blind: no reading for a while, since when is kept", () => {
    expect(judge(asked, 3).state).toBe("collecting");
    const blind = judge(asked, 8);
    expect([blind.state, blind.blindSince]).toEqual(["blind", "2026-01-01T00:00:02.000Z"]);
    expect(foldReading(blind, at(9, [120, 50], [990, 10]), context(9)).blindSince).toBeUndefined();
  });

  it("quiet: readings, but no requests", () => {
    const silent = foldReading(asked, at(13, [110, 50], [990, 10]), context(13));
    expect(judge(silent, 13).state).toBe("quiet");
  });

  it("starved: many requests for stable, none for the canary, at a weight above 0", () => {
    const starved = foldReading(asked, at(3, [110, 50], [1_090, 10]), context(3));
    expect(judge(starved, 3).state).toBe("starved");
    const few = foldReading(asked, at(3, [110, 50], [1_010, 10]), context(3));
    expect(judge(few, 3).state).toBe("collecting");
    expect(judge(starved, 3, 0).state).toBe("collecting");
  });

  it("worse: the bet is won, whatever else", () => {
    const worse = foldReading(first, at(2, [120, 70], [980, 10]), context(2));
    expect(judge(worse, 60).state).toBe("worse");
  });
});

describe("the card", () => {
  const evidence = foldReading(first, at(2, [199, 59], [3_801, 12]), context(2));

  it("can be recomputed by hand", () => {
    const card = decisionCard(evidence, "echo-v1", "echo-v2");
    expect(card.canary).toMatchObject({ requests: 99, errors: 9, rate: 9 / 99 });
    expect(card.requestShare).toBeCloseTo(99 / 3_000);
    expect(describeCard(card)).toBe(
      "echo-v2 took 3.3 % of the requests but 9 of 11 errors: error rate 9.1 % (9/99) against 0.069 % (2/2901) of echo-v1. " +
        "Odds against luck over 1,000,000 : 1, limit 100 : 1. About 9 extra failed requests.",
    );
  });

  it("counts as harmed what stable's rate does not explain, never less than none", () => {
    expect(harmed({ requests: 100, errors: 10 }, { requests: 1_000, errors: 10 })).toBe(9);
    expect(harmed({ requests: 100, errors: 0 }, { requests: 1_000, errors: 10 })).toBe(0);
    expect(harmed({ requests: 5, errors: 5 }, { requests: 0, errors: 0 })).toBe(5);
  });

  it.each([
    [0, "0 %"],
    [0.00069, "0.069 %"],
    [0.033, "3.3 %"],
    [1, "100 %"],
  ])("says %f as %s", (rate, text) => expect(percent(rate)).toBe(text));

  it("says big numbers with commas, and no false precision", () => {
    expect([wholeNumber(12_345.6), wholeNumber(999), wholeNumber(1e9)]).toEqual(["12,345", "999", "over 1,000,000"]);
  });
});
