// The whole story: clear the stage, bring up the application, send traffic, play three acts, judge.

import { VIRTUAL_SERVICES } from "../core/kubernetes/resource.ts";
import { ACT_ONE, ACT_THREE, ACT_TWO, ALL_FILES } from "./acts.ts";
import { applyFile, playByHand, untilServed } from "./by-hand.ts";
import { playBySerin } from "./by-serin.ts";
import { clearStage } from "./clean.ts";
import { formatCount, harmedByBadVersion, harmedByUs } from "./counts.ts";
import { readDocuments } from "./documents.ts";
import { firstAnswer } from "./first-answer.ts";
import type { Chapter, Play, Stage } from "./stage.ts";
import { check } from "./stage.ts";
import { type PhaseCount, Traffic, totalOf } from "./traffic.ts";
import { StoryFailure } from "./wait.ts";

export interface Story {
  chapters: Chapter[];
  phases: PhaseCount[];
  failures: string[];
  /** From the program's start to the first 200 that names a version. */
  firstAnswerMs: number;
  sent: number;
  ratePerSecond: number;
  clientLatestMs: number;
}

const NOTHING: Story = {
  chapters: [],
  phases: [],
  failures: [],
  firstAnswerMs: 0,
  sent: 0,
  ratePerSecond: 0,
  clientLatestMs: 0,
};

export interface Opening {
  /**
   * Brings up what the first answer does not need (controller, API for kubectl). Called at the first answer, or before
   * an earlier run's Canary is deleted: its finalizer needs the controller.
   */
  complete: () => Promise<void>;
  programStartedMs: number;
}

/** Plays to the end, or to the first thing that makes going on senseless. Rejects only when the signal aborts. */
export async function playStory(stage: Stage, opening: Opening): Promise<Story> {
  const firstAnswerMs = await raise(stage, opening).catch((error: unknown) => brokenOff(stage, error));
  if (typeof firstAnswerMs === "string") return { ...NOTHING, failures: [firstAnswerMs] };
  const traffic = new Traffic(stage.gatewayUrl, stage.pace.ratePerSecond);
  const play: Play = { stage, traffic, clock: stage.clock, signal: stage.signal, chapters: [], failures: [] };
  try {
    await playByHand(play);
    await opening.complete();
    await playBySerin(play, ACT_TWO);
    await playBySerin(play, ACT_THREE);
  } catch (error) {
    play.failures.push(brokenOff(stage, error));
  } finally {
    await traffic.stop();
    stage.narrator.end();
  }
  judge(play);
  return {
    chapters: play.chapters,
    phases: traffic.phases(),
    failures: play.failures,
    firstAnswerMs,
    sent: traffic.sent,
    ratePerSecond: traffic.ratePerSecond,
    clientLatestMs: traffic.latestMs,
  };
}

/** From an empty stage to both versions available. Returns when the first answer came, counted from the program's start. */
async function raise(stage: Stage, { complete, programStartedMs }: Opening): Promise<number> {
  const { clock, signal, narrator } = stage;
  const waiting = { clock, signal };
  const documents = (await Promise.all(ALL_FILES.map((file) => readDocuments(stage.examples.dir, file)))).flat();
  const cleared = await clearStage(stage.cluster, documents, stage.record, {
    ...waiting,
    beforeDeleting: complete,
  });
  narrator.heading(ACT_ONE.title, ACT_ONE.intro);
  if (cleared.length > 0)
    narrator.line(`  An earlier run left ${cleared.length} objects of the story; they are gone, it begins again.`);
  // In the file's order, as kubectl does; but the route opens only when there is somebody behind it.
  await applyFile(stage, ACT_ONE.phases[0]!.file, async (object, before) => {
    if (object.kind === VIRTUAL_SERVICES.kind) await untilServed(stage, waiting, before);
    return object;
  });
  const { text, version } = await firstAnswer(stage.gatewayUrl, waiting);
  const firstAnswerMs = clock.now() - programStartedMs;
  narrator.good(`${version} answers at ${stage.gatewayUrl} after ${(firstAnswerMs / 1_000).toFixed(1)} s: "${text}"`);
  await complete();
  return firstAnswerMs;
}

/** Says why the story ends early. An abort is no failure: it goes on upwards. */
function brokenOff(stage: Stage, error: unknown): string {
  if (stage.signal.aborted) throw error;
  if (!(error instanceof StoryFailure)) stage.log.error("the story broke", { error: stackOf(error) });
  const failure = `The story could not go on: ${error instanceof Error ? error.message : String(error)}`;
  stage.narrator.bad(failure);
  return failure;
}

function judge(play: Play): void {
  const phases = play.traffic.phases();
  const ours = totalOf(phases, harmedByUs);
  const bad = totalOf(phases, harmedByBadVersion);
  const done = totalOf(phases, (reading) => reading.done);
  play.stage.narrator.heading(
    "The end",
    `${formatCount(play.traffic.sent)} requests were sent, on time whatever the answers.`,
  );
  check(
    play,
    `none of ${formatCount(done)} requests failed because of Serin`,
    ours === 0 ? undefined : blame(ours, phases),
  );
  play.stage.narrator.good(`${formatCount(bad)} were failed by v3 itself before it was taken back`);
}

function blame(ours: number, phases: PhaseCount[]): string {
  const causes = new Map<string, number>();
  for (const { reading } of phases)
    for (const [cause, count] of Object.entries(reading.failures)) causes.set(cause, (causes.get(cause) ?? 0) + count);
  const list = [...causes].map(([cause, count]) => `${count} x ${cause}`).join(", ");
  return `${ours} requests failed that are not v3's own (all failures: ${list})`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
