// One life of a controller process in a simulated world: its calls pass through a bad day, its timers die with it.

import { istioRouter } from "../../src/adapters/istio/router.ts";
import { type ControllerOptions, startController } from "../../src/controller/start.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import type { TrafficRouter } from "../../src/ports/traffic-router.ts";
import { type Faults, FaultyCluster } from "./faulty-cluster.ts";
import type { Mesh } from "./mesh.ts";
import type { Random } from "./random.ts";

/** What a planted bug may bend; a healthy controller bends nothing. */
export interface Bend {
  options?(options: ControllerOptions, world: { mesh: Mesh; clock: Clock }): ControllerOptions;
}

export interface ProcessOptions {
  cluster: Cluster;
  mesh: Mesh;
  clock: Clock;
  log: Log;
  random: Random;
  faults: Faults;
  bend?: Bend;
  onDeath: () => void;
}

export class ControllerProcess {
  #cluster: FaultyCluster;
  #stop: Promise<{ stop(): Promise<void> }>;

  constructor(options: ProcessOptions) {
    const { mesh, log, random, faults, bend, onDeath } = options;
    this.#cluster = new FaultyCluster(options.cluster, random, faults, onDeath);
    const clock = mortal(options.clock, () => this.#cluster.dead);
    const router: TrafficRouter = istioRouter({ cluster: this.#cluster });
    const plain: ControllerOptions = {
      cluster: this.#cluster,
      router,
      metrics: mesh,
      dataPlane: mesh,
      clock,
      log,
      random: () => random.next(),
      identity: "simulated",
    };
    this.#stop = startController(bend?.options?.(plain, { mesh, clock }) ?? plain);
  }

  set faults(faults: Faults) {
    this.#cluster.faults = faults;
  }

  get dead(): boolean {
    return this.#cluster.dead;
  }

  breakWatches(): void {
    this.#cluster.breakWatches();
  }

  kill(): void {
    this.#cluster.kill();
  }

  /** Ends it as kill -9 does, once: nothing of it runs on. */
  async end(): Promise<void> {
    this.kill();
    void this.#stop.then((controller) => controller.stop());
  }
}

function mortal(clock: Clock, dead: () => boolean): Clock {
  return { now: () => clock.now(), after: (delayMs, run) => clock.after(delayMs, () => dead() || run()) };
}
