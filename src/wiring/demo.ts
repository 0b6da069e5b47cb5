// `npm start`: a sandbox, and the story played in it.

import { relative } from "node:path";
import type { DemoOptions, DemoOutcome } from "../cli/world.ts";
import type { ProcessConfig } from "../config.ts";
import type { Addresses } from "../sandbox/home/addresses.ts";
import { FAST_PACE, NORMAL_PACE } from "../story/acts.ts";
import { StoryRecord } from "../story/clean.ts";
import { Narrator } from "../story/narrator.ts";
import { nextSteps } from "../story/next-steps.ts";
import { playStory, type Story } from "../story/play.ts";
import type { Stage } from "../story/stage.ts";
import { type Boot, bootSandbox } from "./boot-sandbox.ts";
import { root } from "./root.ts";

export interface DemoWorld {
  config: ProcessConfig;
  cwd: string;
}

/** When this process began: the figure of the first answer counts from here. */
const PROGRAM_STARTED_MS = performance.timeOrigin;

export async function playDemo(options: DemoOptions, world: DemoWorld): Promise<DemoOutcome> {
  const narrator = new Narrator({ out: options.stdout, color: options.color, unicode: world.config.unicode });
  narrator.line(narrator.paint("bold", "Serin: a canary release, on this machine, for real."));
  const boot = await bootSandbox({ ...options, config: world.config });
  try {
    return await playOn(boot, narrator, options, world);
  } finally {
    narrator.end();
    await boot.stop();
  }
}

async function playOn(boot: Boot, narrator: Narrator, options: DemoOptions, world: DemoWorld): Promise<DemoOutcome> {
  const startedAt = new Date(PROGRAM_STARTED_MS).toISOString();
  const { url, statsUrl } = await boot.gateway;
  const stage = stageOf(boot, narrator, options, { url, world });
  const story = await playStory(stage, {
    complete: async () => void (await boot.complete()),
    programStartedMs: PROGRAM_STARTED_MS,
  });
  const addresses = await boot.complete();
  await report(boot, story, { startedAt, fast: options.fast, statsUrl });
  tellEnd(narrator, story, boot.paths.report);
  if (!options.once && !options.signal.aborted) await stayUp(narrator, addresses, boot, options, world);
  return { failures: story.failures, reportDir: boot.paths.report };
}

function stageOf(
  { cluster, gateway, clock, log, paths }: Boot,
  narrator: Narrator,
  options: DemoOptions,
  { url, world }: { url: string; world: DemoWorld },
): Stage {
  return {
    cluster,
    dataPlane: {
      acknowledged: async (...what) => (await gateway).dataPlane.acknowledged(...what),
      inFlight: async (...what) => (await gateway).dataPlane.inFlight(...what),
    },
    clock,
    log,
    gatewayUrl: url,
    examples: { dir: `${root}/examples/echo`, shown: shownPath(world.cwd, `${root}/examples/echo`) },
    pace: options.fast ? FAST_PACE : NORMAL_PACE,
    narrator,
    record: new StoryRecord(paths.story),
    signal: options.signal,
  };
}

async function report(
  { cluster, paths }: Boot,
  story: Story,
  { startedAt, fast, statsUrl }: { startedAt: string; fast: boolean; statsUrl: string },
): Promise<void> {
  const { writeReport } = await import("../story/write-report.ts");
  const readMetrics = async (): Promise<string> => (await fetch(statsUrl)).text();
  await writeReport(paths.report, story, { cluster, readMetrics, startedAt, endedAt: new Date().toISOString(), fast });
}

function tellEnd(narrator: Narrator, { failures }: Story, reportDir: string): void {
  narrator.line("");
  if (failures.length === 0) narrator.good(`Every promise of the story held. The report: ${reportDir}`);
  else for (const failure of failures) narrator.bad(failure);
}

async function stayUp(
  narrator: Narrator,
  addresses: Addresses,
  { paths }: Boot,
  { signal, homeDir }: DemoOptions,
  { cwd }: DemoWorld,
): Promise<void> {
  narrator.line("");
  const shown = {
    ...addresses,
    kubeconfig: shownPath(cwd, paths.kubeconfig),
    examples: shownPath(cwd, `${root}/examples/echo`),
    report: shownPath(cwd, paths.report),
    homeFlag: shownPath(cwd, paths.dir) === ".serin" ? "" : ` --home ${homeDir}`,
  };
  for (const line of nextSteps(shown)) narrator.line(line);
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Relative where that is shorter: people type these. */
function shownPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short.startsWith("..") ? path : short;
}
