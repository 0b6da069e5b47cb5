// The numbers behind a decision, for people: requests and errors of both versions, the evidence with its limit, the harm.

import { percent, wholeNumber } from "../../core/analysis/decision-card.ts";
import type { CanaryStatus } from "../../core/rollout/status.ts";
import type { Step } from "../../core/spec/canary.ts";
import { shortDuration } from "./age.ts";
import type { Paint } from "./paint.ts";

/** Lines for the fact block; none before the first counts. */
export function evidenceLines(status: CanaryStatus | undefined, paint: Paint): [string, string][] {
  const evidence = status?.evidence;
  if (evidence === undefined) return [];
  const tone = evidence.state === "worse" ? "red" : undefined;
  return [
    ["Errors", ""],
    ["  stable", sideText(evidence.stable)],
    ["  canary", paint(tone, sideText(evidence.canary))],
    ["Evidence", paint(tone, evidenceText(evidence))],
  ];
}

export function sideText({ requests, errors }: { requests: number; errors: number }): string {
  if (requests === 0) return "no requests yet";
  return `${percent(errors / requests)} (${errors} of ${requests} requests)`;
}

function evidenceText({ state, odds, limit, harmed }: NonNullable<CanaryStatus["evidence"]>): string {
  return (
    `${state}; odds that the canary is worse ${wholeNumber(odds)} : 1, limit ${wholeNumber(limit)} : 1; ` +
    `about ${Math.round(harmed)} harmed requests`
  );
}

/** " setWeight 20", " pause 30s", " pause until promoted": the current step beside its number. */
export function stepName(step: Step | undefined): string {
  if (step === undefined) return "";
  if ("setWeight" in step) return ` setWeight ${step.setWeight}`;
  return ` pause ${step.pause.duration ?? "until promoted"}`;
}

/** What the controller does next, with a countdown where the time is known. */
export function nextText(status: CanaryStatus | undefined, nowMs: number): string | undefined {
  const next = status?.nextAction;
  if (next === undefined) return undefined;
  const ms = next.at === undefined ? undefined : Date.parse(next.at) - nowMs;
  if (ms === undefined || Number.isNaN(ms)) return next.what;
  return ms <= 0 ? `${next.what} (now)` : `${next.what} (in ${shortDuration(ms)})`;
}
