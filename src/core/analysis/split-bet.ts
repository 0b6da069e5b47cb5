// The split bet: which version did each error hit? A fair bet against "the canary is no worse" (p_c <= p_b).
//
// Given a batch's requests N_c, N_b and its errors k_c, k_b, each grid point psi > 1 multiplies its wealth by
//     E = exp(k_c ln psi - (k_c + k_b) ln(1 + s (psi - 1))),   s = N_c / (N_c + N_b) seen in the same batch.
// The expectation of E is at most 1 whenever p_c <= p_b, whatever the error level does over time (Hoeffding 1963: the
// hypergeometric is below the binomial in convex order). So by Ville's inequality a good canary's wealth ever reaches
// 1/alpha with a chance of at most alpha, however often one looks. Lindon & Malek, https://arxiv.org/abs/2011.03567.
//
// Restart mixture: half of the stake is bet from the start, the other half is given out in portions pi_j to bets that
// start at the j-th batch, so that a fault that begins late shows nearly as fast as an early one:
//     S_j = (S_(j-1) + pi_j) E_j,   M = 1/2 prod E + S + (what is not given out yet),   pi_j = 1/2 / ((j+1)(j+2)).
// Only batches with an error are numbered: without one E = 1, so nothing is won or lost by waiting (ADR 0010).

import type { ArmDelta } from "./counters.ts";

/** Odds multipliers bet on, in equal parts. */
export const PSI_GRID = [1.5, 2, 3, 5, 10, 30, 100, 1000] as const;

/** Chance of ever aborting a canary that is no worse, per rollout. */
export const ALPHA = 0.01;

/** JSON knows no Infinity: odds are said up to here. */
const MAX_ODDS = 1e15;

/**
 * Numbers only, so that they live in status: [] before the first error, then
 * [batches with errors, ln prod E per psi..., ln S per psi...].
 */
export type Wealth = readonly number[];

/** ln E of one batch for one grid point. */
export function logBet(psi: number, canary: ArmDelta, stable: ArmDelta): number {
  const requests = canary.requests + stable.requests;
  if (requests === 0) return 0;
  const share = canary.requests / requests;
  return canary.errors * Math.log(psi) - (canary.errors + stable.errors) * Math.log1p(share * (psi - 1));
}

/** The wealth after one more batch. */
export function bet(wealth: Wealth, canary: ArmDelta, stable: ArmDelta): number[] {
  if (canary.errors + stable.errors === 0) return [...wealth];
  const batch = wealth[0] ?? 0;
  const logPortion = Math.log(portion(batch));
  const logE = PSI_GRID.map((psi) => logBet(psi, canary, stable));
  const products = logE.map((e, i) => (wealth[1 + i] ?? 0) + e);
  const restarted = logE.map((e, i) => {
    const before = wealth[1 + PSI_GRID.length + i];
    return (before === undefined ? logPortion : logSumExp([before, logPortion])) + e;
  });
  return [batch + 1, ...products, ...restarted];
}

/** M: the odds against luck so far, averaged over the grid. 1 at the start; abort at 1/alpha. */
export function oddsAgainstLuck(wealth: Wealth): number {
  return Math.min(Math.exp(logOdds(wealth)), MAX_ODDS);
}

/** The odds at which the given attempt aborts: alpha is halved with each retry of the same version (ADR 0010). */
export function oddsLimit(attempt: number): number {
  return 2 ** (attempt - 1) / ALPHA;
}

function logOdds(wealth: Wealth): number {
  if (wealth.length === 0) return 0;
  const batches = wealth[0]!;
  // Sum of all later portions: a telescoping series.
  const logUnspent = Math.log(0.5 / (batches + 1));
  const perPoint = PSI_GRID.map((_, i) =>
    logSumExp([Math.log(0.5) + wealth[1 + i]!, wealth[1 + PSI_GRID.length + i]!, logUnspent]),
  );
  return logSumExp(perPoint) - Math.log(PSI_GRID.length);
}

function portion(batch: number): number {
  return 0.5 / ((batch + 1) * (batch + 2));
}

function logSumExp(logs: number[]): number {
  const max = Math.max(...logs);
  return max + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - max), 0));
}
