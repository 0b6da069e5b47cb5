// Acts 2 and 3: a Canary is applied, and Serin does the rest. The story only reads its status, as anyone may.

import { formatDurationMs, parseDurationMs } from "../core/kubernetes/duration.ts";
import type { KubeObject } from "../core/kubernetes/object.ts";
import { CANARIES, VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import type { CanaryStatus, EvidenceStatus } from "../core/rollout/status.ts";
import type { Canary } from "../core/spec/canary.ts";
import type { Tally } from "../load/tally.ts";
import { CANARY_NAME, NAMESPACE, type SerinAct } from "./acts.ts";
import { applyFile, confirmRoutes, countsLine, untilAvailable, watchCounts } from "./by-hand.ts";
import { formatCount, formatOdds, formatShares, harmedByBadVersion, sharesOf, splitProblem } from "./counts.ts";
import { check, type Play, type RolloutChapter } from "./stage.ts";
import { totalOf } from "./traffic.ts";
import { StoryFailure, until } from "./wait.ts";

const ENDED = ["Completed", "Aborted", "Undone", "Stalled"];

export async function playBySerin(play: Play, act: SerinAct): Promise<void> {
  const { stage } = play;
  stage.narrator.heading(act.title, act.intro);
  play.traffic.phase(`${act.title}: preparing`);
  if (act.prepare !== undefined) await untilAvailable(stage, play, await applyFile(stage, act.prepare.file));
  await applyFile(stage, act.canaryFile, (object) => atPace(object, stage.pace.longestPauseMs));
  stage.narrator.line(`    (its pauses are shortened to ${formatDurationMs(stage.pace.longestPauseMs)} for the story)`);
  const rollout = await follow(play, act);
  await watchAfter(play, act, rollout);
}

/** The same steps, with shorter pauses: nobody wants to watch a file's half minute twice. */
function atPace(object: KubeObject, longestPauseMs: number): KubeObject {
  if (object.kind !== CANARIES.kind) return object;
  const { spec } = object as Canary;
  const steps = spec.strategy.steps.map((step) => {
    if (!("pause" in step) || step.pause.duration === undefined) return step;
    const wantedMs = parseDurationMs(step.pause.duration) ?? 0;
    return { pause: { duration: formatDurationMs(Math.min(wantedMs, longestPauseMs)) } };
  });
  return { ...object, spec: { ...spec, strategy: { ...spec.strategy, steps } } };
}

/** Tells every change of the rollout until it ends. */
async function follow(play: Play, act: SerinAct): Promise<RolloutChapter> {
  const { stage } = play;
  const startedMs = stage.clock.now();
  const steps = new Steps(play, act);
  const said: string[] = [];
  let lineMs = startedMs;
  const what = `the rollout to ${act.to} to end (npx serin get ${CANARY_NAME} tells where it stands)`;
  const status = await until(play, { what, everyMs: 40, timeoutMs: 180_000 }, async () => {
    const now = await currentStatus(play, act);
    if (now === undefined) return undefined;
    steps.see(now);
    if (now.message !== said.at(-1)) {
      said.push(now.message);
      stage.narrator.line(`  ${stage.narrator.paint("dim", seconds(stage.clock.now() - startedMs))} ${now.message}`);
    }
    const lineDue = stage.narrator.live || stage.clock.now() - lineMs >= stage.pace.lineMs;
    if (lineDue && steps.tally.read().done > 0) {
      lineMs = stage.clock.now();
      stage.narrator.status(`${countsLine(play, steps.tally, steps.expected)}${evidenceText(now)}`);
    }
    return ENDED.includes(now.phase) ? now : undefined;
  });
  steps.end();
  return chapterOf(status, act, { tookMs: stage.clock.now() - startedMs, said });
}

/** A tally per weight: from when every proxy works by it until it is changed. What comes between belongs to no step. */
class Steps {
  tally: Tally;
  expected: Record<string, number> = {};
  readonly #play: Play;
  readonly #act: SerinAct;
  #written = -1;
  #confirmed = -1;

  constructor(play: Play, act: SerinAct) {
    this.#play = play;
    this.#act = act;
    this.tally = play.traffic.phase(`${act.title}: before the first step`);
  }

  see({ weight }: CanaryStatus): void {
    if (weight === undefined) return;
    const { written, acknowledged, total } = weight;
    if (written !== this.#written) {
      this.end();
      this.#written = written;
      this.tally = this.#play.traffic.phase(`${this.#act.title}: moving to ${written} of ${total}`);
    }
    if (acknowledged === written && this.#confirmed !== written) this.#begin(written, total);
  }

  /** Says what the step's requests were. */
  end(): void {
    const { done } = this.tally.read();
    if (this.#confirmed !== this.#written || done === 0) return;
    this.#play.stage.narrator.line(`    ${countsLine(this.#play, this.tally, this.expected)}`);
  }

  #begin(weight: number, total: number): void {
    this.#confirmed = weight;
    const { title, from, to } = this.#act;
    const percent = (100 * weight) / total;
    const phase = `${title}: ${weight} of ${total} to ${to}`;
    this.expected = { [from]: 100 - percent, [to]: percent };
    this.#play.chapters.push({ act: title, title: `${percent} % to ${to}`, phase, expected: this.expected });
    this.tally = this.#play.traffic.phase(phase);
  }
}

/** Undefined until the controller has taken up this act's rollout. */
async function currentStatus(play: Play, { to }: SerinAct): Promise<CanaryStatus | undefined> {
  const key = { namespace: NAMESPACE, name: CANARY_NAME };
  const { metadata, spec, status } = await play.stage.cluster.get<Canary>(CANARIES, key);
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  if (status.phase === "Stalled") throw new StoryFailure(`the rollout to ${to} is stalled: ${status.message}`);
  return status.rollout?.canary === spec.versions.canary ? status : undefined;
}

function chapterOf(
  status: CanaryStatus,
  { from, to }: SerinAct,
  seen: { tookMs: number; said: string[] },
): RolloutChapter {
  const { rollout, evidence, lastDecision, phase, message } = status;
  return {
    id: rollout?.id ?? "",
    from,
    to,
    phase,
    reason: rollout?.endReason ?? lastDecision?.reason ?? "",
    message: rollout?.endMessage ?? lastDecision?.message ?? message,
    ...seen,
    ...(evidence !== undefined && { evidence: shownEvidence(evidence) }),
  };
}

function shownEvidence({ stable, canary, odds, limit, harmed }: EvidenceStatus): RolloutChapter["evidence"] {
  return { stable, canary, odds, limit, harmed };
}

/** The rollout has ended: the promises of its end are judged on traffic sent after that. */
async function watchAfter(play: Play, act: SerinAct, rollout: RolloutChapter): Promise<void> {
  const { stage, traffic } = play;
  await confirmRoutes(stage, play, await routesOf(play));
  const winner = act.ends === "Completed" ? act.to : act.from;
  const loser = act.ends === "Completed" ? act.from : act.to;
  const expected = { [winner]: 100, [loser]: 0 };
  const phase = `${act.title}: afterwards`;
  const tally = traffic.phase(phase);
  play.chapters.push({ act: act.title, title: "afterwards", phase, expected, rollout });
  await watchCounts(play, tally, stage.pace.afterMs, expected);
  const ended =
    rollout.phase === act.ends ? undefined : `the rollout to ${act.to} ended as ${rollout.phase}, not ${act.ends}`;
  if (act.ends === "Aborted") tellEvidence(play, act, rollout);
  check(play, `the rollout to ${act.to} ended as ${rollout.phase} after ${seconds(rollout.tookMs)}`, ended);
  const reading = tally.read();
  const split = splitProblem(reading, expected);
  const held = `since then ${formatShares(sharesOf(reading, [winner, loser]))}`;
  check(play, held, split === undefined ? undefined : `after ${act.title}: ${split}`);
}

async function routesOf(play: Play): Promise<KubeObject[]> {
  return (await play.stage.cluster.list(VIRTUAL_SERVICES, { namespace: NAMESPACE })).items;
}

function tellEvidence(play: Play, act: SerinAct, { evidence }: RolloutChapter): void {
  const { narrator } = play.stage;
  const harmed = totalOf(play.traffic.phases(), harmedByBadVersion);
  narrator.line("");
  narrator.line(`  ${narrator.paint("bold", "The evidence")}`);
  if (evidence !== undefined) {
    const { stable, canary, odds, limit } = evidence;
    narrator.line(`    ${act.from}: ${formatCount(stable.errors)} of ${formatCount(stable.requests)} requests failed`);
    narrator.line(`    ${act.to}: ${formatCount(canary.errors)} of ${formatCount(canary.requests)} requests failed`);
    narrator.line(
      `    how sure: odds of ${formatOdds(odds)} to 1 that ${act.to} is worse; ${formatOdds(limit)} to 1 were asked for`,
    );
  }
  narrator.line(`    harmed: ${formatCount(harmed)} requests, all of them answered by ${act.to} itself`);
  narrator.line("");
}

function evidenceText({ evidence }: CanaryStatus): string {
  if (evidence === undefined || evidence.state !== "collecting" || evidence.canary.requests === 0) return "";
  return `  odds ${formatOdds(evidence.odds)} of ${formatOdds(evidence.limit)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
