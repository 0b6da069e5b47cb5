// Plays one scenario from its seed and says which rules were broken. The same seed gives the same story.

import { serinCrds } from "../../src/core/spec/crd.generated.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { openSandboxCluster, type SandboxCluster } from "../../src/sandbox/cluster/open.ts";
import { happen } from "./happen.ts";
import { judgeEnd } from "./judge-end.ts";
import type { Bend } from "./process.ts";
import { type Scenario, scenarioOf } from "./scenario.ts";
import { VirtualClock } from "./virtual-clock.ts";
import type { Violation } from "./witness.ts";
import { SILENT, World } from "./world.ts";

export interface Played {
  scenario: Scenario;
  violations: Violation[];
  /** How it ended, for the statistics of a run. */
  end: string;
  writes: number;
}

/** After the last event everything is healthy for so long: every rollout that can end has ended then. */
const CALM_MS = 60_000;

/** The API that many worlds share, one after the other; its time is the present world's. */
export class SharedApi {
  #sandbox: SandboxCluster | undefined;
  #clock: Clock = new VirtualClock();

  async play(scenario: Scenario, options: { bend?: Bend; log?: Log } = {}): Promise<Played> {
    const sandbox = await this.#open();
    const clock = new VirtualClock();
    this.#clock = clock;
    const world = new World(scenario, sandbox.as({ name: "somebody" }), clock, options);
    try {
      await world.begin();
      for (const { atMs, event } of scenario.events) {
        await world.pass(Math.max(0, atMs - clock.elapsedMs + 2_000));
        await happen(world, event);
      }
      await world.pass(5_000);
      world.calm();
      await world.pass(CALM_MS);
      const end = await judgeEnd(world, scenario);
      const { violations, writes } = world.witness;
      return { scenario, violations, end, writes: writes.length };
    } finally {
      await world.end();
    }
  }

  async close(): Promise<void> {
    await this.#sandbox?.close();
  }

  async #open(): Promise<SandboxCluster> {
    const clock: Clock = { now: () => this.#clock.now(), after: (delayMs, run) => this.#clock.after(delayMs, run) };
    this.#sandbox ??= await openSandboxCluster({ dataFile: ":memory:", clock, log: SILENT, crds: serinCrds() });
    return this.#sandbox;
  }
}

export function playSeed(api: SharedApi, seed: number, options?: { bend?: Bend; log?: Log }): Promise<Played> {
  return api.play(scenarioOf(seed), options);
}
