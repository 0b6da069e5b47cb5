// The same objects and the same requests through real istiod and Envoy and through the sandbox gateway: everything that a client and
// an upstream can see must be equal, or differ on purpose. The real side is a small mesh of local programs (SERIN_MESH_BIN names their
// folder) or the cluster that KUBECONFIG names; without either the suite fails. How it is asked to run: differential-options.ts.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import type { LiveCase } from "../../testbed/differential/case.ts";
import { HAND_WRITTEN } from "../../testbed/differential/cases/all.ts";
import { generated } from "../../testbed/differential/generate.ts";
import { hunt } from "../../testbed/differential/hunt.ts";
import { ON_PURPOSE } from "../../testbed/differential/on-purpose.ts";
import { plant, plantedHome } from "../../testbed/differential/plant.ts";
import { PLANTED } from "../../testbed/differential/planted.ts";
import { judge, type LeftOut, type Report, reportOf, table } from "../../testbed/differential/report.ts";
import { ask, type CaseObservations, live, prepare } from "../../testbed/differential/run.ts";
import { startSandboxWorld } from "../../testbed/differential/sandbox-world.ts";
import { shrunk } from "../../testbed/differential/shrunk.ts";
import { differentialOptions } from "./differential-options.ts";
import { type RealSide, startRealSide } from "./differential-worlds.ts";

const GENERATED_CASES = 120;
const options = differentialOptions(process.env);
const { seed } = options;
const reportFile =
  options.report ?? join(import.meta.dirname, "..", "..", ".cache", `differential-${options.world}.json`);
const everyCase: LiveCase[] = live([...HAND_WRITTEN, ...generated(seed, GENERATED_CASES)]);
const features = [...new Set(everyCase.map(({ source }) => source.feature))];

let side: RealSide;
/** Those that the real side can be asked, and its answers. */
let cases: readonly LiveCase[];
let real: ReadonlyMap<string, CaseObservations>;
let report: Report;

beforeAll(async () => {
  side = await startRealSide(options);
  const leftOut = await askReal();
  const sandbox = await startSandboxWorld(startGateway, seed, side.fleet);
  try {
    expect(await prepare(sandbox, cases), "the sandbox's API refuses what the real one takes").toEqual(new Map());
    const verdicts = judge(cases, real, await ask(sandbox, cases));
    const small = await shrunk(verdicts, cases, { real: side.real, sandbox });
    report = reportOf(side.real.name, seed, { verdicts: small, leftOut });
  } finally {
    await sandbox.close();
  }
  console.log(table(report));
  mkdirSync(dirname(reportFile), { recursive: true });
  writeFileSync(reportFile, JSON.stringify(report, undefined, 1));
}, 600_000);

/** Tells which cases it could not be asked. */
async function askReal(): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  const possible: LiveCase[] = [];
  for (const each of everyCase) {
    const reason = await side.real.leavesOut(each);
    if (reason === undefined) possible.push(each);
    else leftOut.push({ name: each.source.name, reason });
  }
  const refusals = await prepare(side.real, possible);
  for (const [name, reason] of refusals) leftOut.push({ name, reason });
  cases = possible.filter(({ source }) => !refusals.has(source.name));
  real = await ask(side.real, cases);
  return leftOut;
}

afterAll(async () => {
  await side?.close();
  rmSync(plantedHome(), { recursive: true, force: true });
}, 180_000);

test("at least 300 cases", () => {
  expect(report.counts.cases).toBeGreaterThanOrEqual(300);
});

test.runIf(options.world === "mesh")("the small mesh is asked every case", () => {
  expect(report.leftOut).toEqual([]);
});

test.each(features)("%s: as Envoy does it", (feature) => {
  expect(report.verdicts.filter((each) => each.feature === feature && each.verdict === "bug")).toEqual([]);
});

test("no more than ten differences are wanted, and each is met", () => {
  expect(ON_PURPOSE.length).toBeLessThanOrEqual(10);
  const met = new Set(report.verdicts.flatMap(({ reasons }) => reasons));
  expect(ON_PURPOSE.filter(({ id }) => !met.has(id)).map(({ id }) => id)).toEqual([]);
});

describe.runIf(options.planted)("a planted bug is found", () => {
  test.each(PLANTED)("$name", async (planted) => {
    const start = await plant(planted);
    const shown = await hunt(planted, { cases, real, startWorld: () => startSandboxWorld(start, seed, side.fleet) });
    expect(shown, "the case that shows it").toBeDefined();
  });
});
