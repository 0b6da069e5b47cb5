// The numbers behind a decision, for people: requests and errors of both versions, the evidence with its limit, the harm.

import { percent, wholeNumber } from "../../core/analysis/decision-card.ts";
import type { CanaryStatus } from "../../core/rollout/status.ts";
import type { Step } from "../../core/spec/canary.ts";
import { ageOf, shortDuration } from "./age.ts";
import type { Tone } from "./paint.ts";

/** A name, what is to be said, and its colour. */
export type Fact = [name: string, value: string, tone?: Tone];

/** Lines for the fact block; none before the first counts. */
export function evidenceLines(status: CanaryStatus | undefined): Fact[] {
  const evidence = status?.evidence;
  if (evidence === undefined) return [];
  const tone = evidence.state === "worse" ? "red" : undefined;
  return [
    ["Errors", ""],
    ["  stable", sideText(evidence.stable)],
    ["  canary", sideText(evidence.canary), tone],
    ["Evidence", evidenceText(evidence), tone],
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

/** The last decision with its age; without the sentence where that is the message, which stands above. */
export function decisionText({ lastDecision, message }: CanaryStatus, nowMs: number): string | undefined {
  if (lastDecision === undefined) return undefined;
  const { reason, at } = lastDecision;
  const sentence = isSame(lastDecision.message, message) ? reason : `${reason}: ${lastDecision.message}`;
  return `${sentence} (${ageOf(at, nowMs)} ago)`;
}

/** What the controller does next, with a countdown where the time is known; only that where the message says what. */
export function nextText({ nextAction, message }: CanaryStatus, nowMs: number): string | undefined {
  if (nextAction === undefined) return undefined;
  const { what, at } = nextAction;
  const when = at === undefined ? undefined : countdown(Date.parse(at) - nowMs);
  if (isSame(what, message)) return when;
  return when === undefined ? what : `${what} (${when})`;
}

function countdown(ms: number): string | undefined {
  if (Number.isNaN(ms)) return undefined;
  return ms <= 0 ? "now" : `in ${shortDuration(ms)}`;
}

/** One sentence, whether or not it ends with a full stop. */
function isSame(one: string, other: string): boolean {
  return one.replace(/\.$/, "") === other.replace(/\.$/, "");
}
