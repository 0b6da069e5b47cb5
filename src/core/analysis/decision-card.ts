// The decision card: what a sceptical person needs to recompute a verdict by hand.

import type { EvidenceStatus } from "../rollout/status.ts";
import type { ArmDelta } from "./counters.ts";

export interface DecisionCard {
  stable: ArmDelta & { version: string; rate: number };
  canary: ArmDelta & { version: string; rate: number };
  /** Canary's share of all requests counted, and of all errors. */
  requestShare: number;
  errorShare: number;
  odds: number;
  limit: number;
  harmed: number;
}

export function decisionCard(evidence: EvidenceStatus, stable: string, canary: string): DecisionCard {
  const { stable: b, canary: c } = evidence;
  return {
    stable: { ...b, version: stable, rate: ratio(b.errors, b.requests) },
    canary: { ...c, version: canary, rate: ratio(c.errors, c.requests) },
    requestShare: ratio(c.requests, c.requests + b.requests),
    errorShare: ratio(c.errors, c.errors + b.errors),
    odds: evidence.odds,
    limit: evidence.limit,
    harmed: evidence.harmed,
  };
}

/** The card in words, numbers always with their limit. */
export function describeCard(card: DecisionCard): string {
  const { stable, canary } = card;
  const errors = canary.errors + stable.errors;
  return (
    `${canary.version} took ${percent(card.requestShare)} of the requests but ${canary.errors} of ${errors} errors: ` +
    `error rate ${percent(canary.rate)} (${canary.errors}/${canary.requests}) against ` +
    `${percent(stable.rate)} (${stable.errors}/${stable.requests}) of ${stable.version}. ` +
    `Odds against luck ${wholeNumber(card.odds)} : 1, limit ${wholeNumber(card.limit)} : 1. ` +
    `About ${Math.round(card.harmed)} extra failed requests.`
  );
}

/** 0.0331 -> "3.3 %"; small rates keep two digits that say something. */
export function percent(rate: number): string {
  const value = rate * 100;
  if (value === 0 || value >= 10) return `${Math.round(value)} %`;
  return `${value >= 1 ? value.toFixed(1) : Number(value.toPrecision(2))} %`;
}

/** 1234567 -> "1,234,567", capped where more digits say nothing. */
export function wholeNumber(value: number): string {
  if (value > 1_000_000) return "over 1,000,000";
  return String(Math.floor(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
