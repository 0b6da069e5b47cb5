// The same objects and the same requests through real istiod and Envoy and through the sandbox gateway: everything that a client and
// an upstream can see must be equal, or differ on purpose. SERIN_MESH_BIN names the folder of the real programs; without it the
// suite fails. SERIN_DIFFERENTIAL_SEED makes other generated cases, SERIN_DIFFERENTIAL_REPORT names a file for the JSON report.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import type { LiveCase } from "../../testbed/differential/case.ts";
import { HAND_WRITTEN } from "../../testbed/differential/cases/all.ts";
import { generated } from "../../testbed/differential/generate.ts";
import { ON_PURPOSE } from "../../testbed/differential/on-purpose.ts";
import { PLANTED, plant, plantedHome } from "../../testbed/differential/planted.ts";
import { type CaseVerdict, judge, table, verdictOf } from "../../testbed/differential/report.ts";
import { ask, type CaseObservations, compareCase, live, prepare } from "../../testbed/differential/run.ts";
import { startSandboxWorld } from "../../testbed/differential/sandbox-world.ts";
import { shrunk } from "../../testbed/differential/shrunk.ts";
import { type RealSide, startRealSide } from "./differential-worlds.ts";

const GENERATED_CASES = 120;
const seed = Number(process.env["SERIN_DIFFERENTIAL_SEED"] ?? 1);
const reportFile =
  process.env["SERIN_DIFFERENTIAL_REPORT"] ?? join(import.meta.dirname, "..", "..", ".cache", "differential.json");
const cases: LiveCase[] = live([...HAND_WRITTEN, ...generated(seed, GENERATED_CASES)]);
const features = [...new Set(cases.map(({ source }) => source.feature))];

let side: RealSide;
let real: ReadonlyMap<string, CaseObservations>;
let verdicts: CaseVerdict[];

beforeAll(async () => {
  side = await startRealSide();
  await prepare(side.real, cases);
  real = await ask(side.real, cases);
  const sandbox = await startSandboxWorld(startGateway, seed, side.fleet);
  try {
    await prepare(sandbox, cases);
    verdicts = judge(cases, real, await ask(sandbox, cases));
    verdicts = await shrunk(verdicts, cases, { real: side.real, sandbox });
  } finally {
    await sandbox.close();
  }
  console.log(table(verdicts));
  mkdirSync(dirname(reportFile), { recursive: true });
  writeFileSync(reportFile, JSON.stringify({ seed, onPurpose: ON_PURPOSE, verdicts }, undefined, 1));
}, 300_000);

afterAll(async () => {
  await side?.close();
  rmSync(plantedHome(), { recursive: true, force: true });
});

test("at least 300 cases", () => {
  expect(verdicts.length).toBeGreaterThanOrEqual(300);
});

test.each(features)("%s: as Envoy does it", (feature) => {
  expect(verdicts.filter((each) => each.feature === feature && each.verdict === "bug")).toEqual([]);
});

test("no more than ten differences are wanted, and each is met", () => {
  expect(ON_PURPOSE.length).toBeLessThanOrEqual(10);
  const met = new Set(verdicts.flatMap(({ reasons }) => reasons));
  expect(ON_PURPOSE.filter(({ id }) => !met.has(id)).map(({ id }) => id)).toEqual([]);
});

describe("a planted bug is found", () => {
  // Quick ones first: most bugs show at once.
  const cost = ({ requests }: LiveCase) => requests.reduce((sum, { times = 1 }) => sum + times, 0);
  const ordered = (first: string | undefined) => {
    const rank = (each: LiveCase) => (each.source.feature === first ? 0 : 1_000_000) + cost(each);
    return [...cases].sort((a, b) => rank(a) - rank(b));
  };

  test.each(PLANTED)("$name", async (planted) => {
    const sandbox = await startSandboxWorld(await plant(planted), seed, side.fleet);
    const found: string[] = [];
    try {
      await prepare(sandbox, cases);
      await ask(sandbox, ordered(planted.shownBy), (each, observations) => {
        const known = real.get(each.source.name)!;
        if (verdictOf(each, compareCase(each, known, observations)).verdict === "bug") found.push(each.source.name);
        return found.length > 0;
      });
    } finally {
      await sandbox.close();
    }
    expect(found.length).toBeGreaterThan(0);
  });
});
