// All sentences for people about a rollout, in one place: status message, Events, log lines and CLI say the same words.

import { decisionCard, describeCard, wholeNumber } from "../analysis/decision-card.ts";
import { formatDurationMs } from "../kubernetes/duration.ts";
import type { Verb } from "../spec/action.ts";
import type { EvidenceStatus, RolloutStatus, WeightStatus } from "./status.ts";
import { shareText } from "./weights.ts";

/** A sentence with the reason in CamelCase that machines read. Warnings become Warning Events. */
export interface Said {
  reason: string;
  message: string;
  warning?: boolean;
}

const say = (reason: string, message: string): Said => ({ reason, message });
const warn = (reason: string, message: string): Said => ({ reason, message, warning: true });

// --- beginnings ---

export const started = ({ stable, canary, attempt }: RolloutStatus, limit: number): Said => {
  const again = `, attempt ${attempt}: it is taken back at odds of ${wholeNumber(limit)} : 1 now`;
  return say("Started", `Moving traffic from ${stable} to ${canary}${attempt > 1 ? again : ""}.`);
};

export const adopted = (rollout: RolloutStatus, weight: WeightStatus): Said =>
  say(
    "Adopted",
    `Found ${rollout.canary} at ${shareText(weight.written, weight.total)} of the traffic and goes on from there, at step ${rollout.step + 1}.`,
  );

export const adoptedCompleted = (canary: string): Said =>
  say("Completed", `${canary} already carried all the traffic when Serin first saw it: nothing was moved.`);

export const rejectedBefore = (canary: string, message: string): Said =>
  warn(
    "RejectedBefore",
    `This very version of ${canary} was taken back before (${message}) It does not start again by itself: use retry.`,
  );

// --- on the way ---

export const weightMoved = (canary: string, weight: WeightStatus): Said =>
  say("WeightMoved", `${canary} now gets ${shareText(weight.written, weight.total)} of the traffic.`);

export const waitingForEndpoints = (version: string, ready: number, needed: number): Said =>
  say(
    "WaitingForEndpoints",
    `${version} has ${ready} of the ${needed} ready endpoints that its share needs: no traffic is moved to it before.`,
  );

export const waitingForRollover = (version: string): Said =>
  say("WaitingForEndpoints", `${version} is still replacing its pods: no traffic is moved to it before.`);

export const waitingForProxies = (waitingFor: string | undefined): Said =>
  say("WaitingForProxies", `Waiting until every proxy works by what is written: ${waitingFor ?? "not confirmed yet"}.`);

export const proxiesSilent = (waitingFor: string | undefined): Said =>
  warn(
    "ProxiesSilent",
    `The step has waited for the proxies for long: ${waitingFor ?? "none has confirmed"}. Nothing moves before; abort works all the same.`,
  );

export const writing = (version: string, weight: number, total: number): Said =>
  say("WritingWeight", `Giving ${version} ${shareText(weight, total)} of the traffic.`);

export const pausedFor = (step: number, durationMs: number, canary: string, weight: WeightStatus): Said =>
  say(
    "PausedForTime",
    `Watching ${canary} at ${shareText(weight.written, weight.total)} for ${formatDurationMs(durationMs)} (step ${step + 1}).`,
  );

export const pausedForPerson = (step: number, canary: string, weight: WeightStatus): Said =>
  say(
    "PausedForPerson",
    `${canary} stays at ${shareText(weight.written, weight.total)} until somebody promotes (step ${step + 1}).`,
  );

export const heldBy = (who: string): Said => say("Held", `Held by ${who}: resume or promote goes on.`);

export const waitingForRequests = (canary: string): Said =>
  say(
    "WaitingForRequests",
    `The pause is over, but ${canary} had no request in it, so nothing is known: waiting for traffic (promote goes on without).`,
  );

// --- the data ---

export const blind = (canary: string, weight: WeightStatus): Said =>
  warn(
    "Blind",
    `Request counts cannot be read: nothing moves while ${canary} cannot be watched at ${shareText(weight.written, weight.total)}. Abort works all the same.`,
  );

export const blindFallback = (canary: string, weight: number, total: number, blindMs: number): Said =>
  warn(
    "BlindFallback",
    `Request counts could not be read for ${formatDurationMs(blindMs)}: ${canary} goes down to ${shareText(weight, total)} until they can.`,
  );

export const blindAbort = (blindMs: number): Said =>
  warn(
    "Blind",
    `Request counts could not be read for ${formatDurationMs(blindMs)}: going back to what is proven. This says nothing against the new version; retry when metrics are back.`,
  );

export const sightRegained = (): Said => say("SightRegained", "Request counts can be read again: the rollout goes on.");

export const QUIET = "No requests on either version just now: no evidence either way, which is no failure.";

export const starved = (canary: string, unmatched: number, weight: WeightStatus): Said =>
  warn(
    "Starved",
    `${canary} should get ${shareText(weight.written, weight.total)} but had none of the last ${unmatched} requests: the route does not do what it says (look at other routes, headers or sidecars).`,
  );

// --- somebody else's hands ---

export const foreignEdit = (by: string, found: number, weight: WeightStatus): Said =>
  warn(
    "ForeignEdit",
    `${by} gave the canary ${shareText(found, weight.total)} in the middle of a rollout: set right to ${shareText(weight.written, weight.total)}. To hold the rollout use pause, to end it abort.`,
  );

export const gitOpsRevert = (by: string, count: number, weight: WeightStatus): Said =>
  warn(
    "GitOpsRevert",
    `${by} put the repository's weights back (${count} time${count === 1 ? "" : "s"} in this rollout): set right to ${shareText(weight.written, weight.total)}. Let it ignore the weights, or route through a delegate VirtualService that is not in the repository.`,
  );

// --- ends ---

export const manualAbort = (by: string, why: string | undefined): Said =>
  warn("ManualAbort", `Aborted by ${by}${why === undefined || why === "" ? "" : `: ${why}`}.`);

export const manualOverride = (by: string, canary: string, found: number, total: number): Said =>
  warn(
    "ManualOverride",
    `${by} left ${canary} with ${shareText(found, total)} by writing the route: kept as it is, and the rollout is aborted.`,
  );

export const interrupted = (): Said =>
  warn(
    "Interrupted",
    "Serin had taken the traffic back when it was stopped, before it could write why: the rollout stays aborted.",
  );

export const errorsWorse = (rollout: RolloutStatus, evidence: EvidenceStatus, weight: WeightStatus): Said =>
  warn(
    "ErrorsWorse",
    `Taken back at ${shareText(weight.written, weight.total)}: ${describeCard(decisionCard(evidence, rollout.stable, rollout.canary))} Were ${rollout.canary} no worse, this would happen in at most 1 of ${wholeNumber(evidence.limit)} rollouts.`,
  );

export const braked = (canary: string, weight: WeightStatus): Said =>
  warn(
    "Braked",
    `${canary} has no ready endpoint left, so each request sent to it fails: its ${shareText(weight.written, weight.total)} goes back to stable until it is ready again, and the step then begins anew. A second time it is taken back for good.`,
  );

export const canaryUnavailable = (canary: string): Said =>
  warn("CanaryUnavailable", `${canary} has lost its last ready endpoint for the second time, or is gone: taken back.`);

export const superseded = (canary: string): Said =>
  say(
    "Superseded",
    `spec.versions names other versions now: the rollout of ${canary} is taken back before the next one starts.`,
  );

export const templateChanged = (canary: string): Said =>
  say(
    "TemplateChanged",
    `${canary}'s pod template changed in the middle of its rollout: traffic back to stable, evidence forgotten, then anew.`,
  );

export const deleted = (): Said =>
  say("Deleted", "The Canary is deleted in the middle of its rollout: all traffic back to stable first.");

export const undoing = (by: string, stable: string): Said =>
  say("Undoing", `Undone by ${by}: going back to ${stable}, make before break.`);

export const stableNotReady = (stable: string, canary: string): Said =>
  warn(
    "StableNotReady",
    `Traffic is to go back to ${stable}, which has no ready endpoint: ${canary} keeps serving, and the switch happens at the first ready one.`,
  );

export const scalingStable = (stable: string, replicas: number): Said =>
  warn("ScalingStable", `${stable} is scaled to ${replicas} so that traffic can go back to it.`);

export const backOnStable = (stable: string): Said => say("BackOnStable", `All traffic is on ${stable}.`);

export const completed = (rollout: RolloutStatus, evidence: EvidenceStatus): Said => {
  const { canary, stable } = evidence;
  const counts = `${canary.requests} requests with ${canary.errors} errors against ${stable.requests} with ${stable.errors}`;
  return say("Completed", `${rollout.canary} carries all the traffic (${counts} on ${rollout.stable}).`);
};

// --- cannot go on ---

export const specInvalid = (errors: readonly string[]): Said => warn("SpecInvalid", errors.join(" | "));

export const deploymentMissing = (name: string): Said =>
  warn("DeploymentMissing", `There is no Deployment ${name}: create it, or name another one in spec.versions.`);

export const routeTaken = (rival: string): Said =>
  warn("RouteTaken", `Canary ${rival} was first on this route: delete one of the two, or give them different routes.`);

export const unresolved = (reason: string, message: string): Said => warn(reason, message);

export const routeGone = (): Said =>
  warn("RouteGone", "The route is gone: nothing can be moved until the VirtualService is there again.");

export const routeUnreadable = (problem: string | undefined): Said =>
  warn(
    "RouteUnreadable",
    `The split cannot be read: ${problem ?? "the routes disagree"}. Nothing is moved until it can.`,
  );

export const notCarrying = (
  stable: string,
  canary: string,
  carrying: string | undefined,
  problem: string | undefined,
): Said =>
  warn(
    "StableNotCarrying",
    `${stable} does not carry the traffic${problem === undefined ? "" : ` (${problem})`}: write the version that does, ` +
      `spec: {versions: {stable: ${carrying ?? "<the version that carries it>"}, canary: ${canary}}}.`,
  );

export const leavingUntouched = (why: string): Said => say("Leaving", `Deleted: traffic is left as it is, ${why}.`);

// --- answers to actions ---

export const resumed = (by: string): Said => say("Resumed", `Resumed by ${by}.`);
export const promoted = (by: string, step: number): Said => say("Promoted", `Promoted by ${by}, to step ${step + 1}.`);
export const promotedFull = (by: string, canary: string): Said =>
  say(
    "PromotedFull",
    `Promoted by ${by} to the end: ${canary} gets all the traffic as soon as it can carry it, without pauses.`,
  );
export const skipped = (by: string, step: number): Said =>
  say("Skipped", `${by} skipped the pause of step ${step + 1}.`);

export const accepted = (verb: Verb): string => `${verb} is being carried out`;

export const done = (verb: Verb, rollout: RolloutStatus | undefined): string =>
  `${verb} was carried out${rollout === undefined ? "" : ` on rollout ${rollout.id}`}`;

export const staleRollout = (meant: string, current: string | undefined): string =>
  `means rollout ${meant}, but ${current === undefined ? "there is none" : `${current} is the present one`}: nothing was done`;

export const otherVersionsNamed = ({ stable, canary }: RolloutStatus): string =>
  `spec.versions names other versions by now; write versions: {stable: ${stable}, canary: ${canary}} first`;

export const stableMissing = (stable: string): string => `there is no Deployment ${stable} to go back to`;

export const staleStep = (meant: number, current: number | undefined): string =>
  `means step ${meant}, but the rollout is at step ${current ?? "none"}: nothing was done`;

export const expired = (at: string): string => `not taken up before ${at}: nothing was done`;

export const badExpiry = (text: string): string =>
  `spec.expiresAt: "${text}" is no time; write it as 2026-01-31T15:04:05Z`;

/** `who` for a manager of managedFields: people are named by their tool. */
export const editor = (manager: string | undefined): string => manager ?? "somebody";
