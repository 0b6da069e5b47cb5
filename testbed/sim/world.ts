// A simulated world: the real API in process, a simulated application and mesh, a controller that may die and come back,
// and time that only the simulation moves. One world plays one scenario.

import { CANARIES, CANARY_ACTIONS, NAMESPACES, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { CanaryStatus } from "../../src/core/rollout/status.ts";
import type { CanaryAction, Verb } from "../../src/core/spec/action.ts";
import type { Canary } from "../../src/core/spec/canary.ts";
import { type Cluster, isClusterError } from "../../src/ports/cluster.ts";
import type { Log } from "../../src/ports/log.ts";
import { type Faults, NO_FAULTS } from "./faulty-cluster.ts";
import { Mesh } from "./mesh.ts";
import { type Bend, ControllerProcess } from "./process.ts";
import { type Random, seeded } from "./random.ts";
import { canaryWeight, createRoute } from "./route.ts";
import type { Scenario } from "./scenario.ts";
import type { VirtualClock } from "./virtual-clock.ts";
import { Witness } from "./witness.ts";
import { object, Workloads } from "./workloads.ts";

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A cache may be this far behind while watches break and calls fail. */
const SLACK_WITH_FAULTS_MS = 30_000;

export class World {
  readonly clock: VirtualClock;
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly workloads: Workloads;
  readonly mesh: Mesh;
  readonly witness: Witness;
  readonly random: Random;
  #scenario: Scenario;
  #bend: Bend | undefined;
  #log: Log;
  #process: ControllerProcess | undefined;
  #deaths: number[];
  #faults: Faults;
  #over = false;

  constructor(scenario: Scenario, cluster: Cluster, clock: VirtualClock, options: { bend?: Bend; log?: Log } = {}) {
    this.clock = clock;
    this.cluster = cluster;
    this.namespace = `sim-${scenario.seed}`;
    this.random = seeded(scenario.seed ^ 0x5e41);
    this.#scenario = scenario;
    this.#bend = options.bend;
    this.#log = options.log ?? SILENT;
    this.#deaths = [...scenario.deathsAfterWrites];
    this.#faults = scenario.faults;
    const { namespace, random } = this;
    this.workloads = new Workloads(cluster, namespace, scenario.replicas);
    const { errorShare, requestsPerSecond, maxUptakeMs } = scenario;
    const traffic = { errorShare, requestsPerSecond, maxUptakeMs };
    this.mesh = new Mesh({ cluster, namespace, clock, log: SILENT, random, workloads: this.workloads, ...traffic });
    this.witness = new Witness({
      cluster,
      namespace,
      workloads: this.workloads,
      mesh: this.mesh,
      elapsedMs: () => clock.elapsedMs,
      readinessSlackMs: this.hasBadDays ? SLACK_WITH_FAULTS_MS : 0,
    });
  }

  get hasBadDays(): boolean {
    return this.#scenario.faults !== NO_FAULTS || this.#scenario.deathsAfterWrites.length > 0;
  }

  async begin(): Promise<void> {
    await this.workloads.create();
    await createRoute(this.cluster, this.namespace);
    await this.mesh.start();
    await this.clock.advance(2_000);
    await this.cluster.create(CANARIES, this.#canary());
    this.#startProcess();
  }

  /** Moves time, and keeps what must follow it current: readiness for the witness, replicas that somebody asked for. */
  async pass(durationMs: number): Promise<void> {
    for (let left = durationMs; left > 0; left -= 250) {
      await this.witness.look();
      await this.clock.advance(Math.min(250, left));
      await this.workloads.followScale("echo-v1");
    }
  }

  /** From here on nothing goes wrong any more. */
  calm(): void {
    this.#faults = NO_FAULTS;
    this.#deaths = [];
    this.mesh.blind = false;
    this.mesh.quiet = false;
    if (this.#process !== undefined && !this.#process.dead) this.#process.faults = NO_FAULTS;
  }

  /** Every open watch of the controller is cut, as by a restart of the API server. */
  breakWatches(): void {
    this.#process?.breakWatches();
  }

  async end(): Promise<void> {
    this.#over = true;
    await this.#process?.end();
    this.mesh.stop();
    await this.#letGo();
    await this.cluster.delete(NAMESPACES, { name: this.namespace });
    await this.clock.advance(0);
  }

  async act(verb: Verb, options: { rollout?: string } = {}): Promise<CanaryAction> {
    const action = object("serin.dev/v1alpha1", "CanaryAction", this.namespace, "");
    action.metadata.generateName = `echo-${verb.toLowerCase()}-`;
    const spec = { canaryRef: { name: "echo" }, verb, ...options };
    return this.cluster.create<CanaryAction>(CANARY_ACTIONS, { ...action, spec });
  }

  async canary(): Promise<Canary | undefined> {
    try {
      return await this.cluster.get<Canary>(CANARIES, { namespace: this.namespace, name: "echo" });
    } catch (error) {
      if (isClusterError(error, "NotFound")) return undefined;
      throw error;
    }
  }

  async status(): Promise<CanaryStatus | undefined> {
    return (await this.canary())?.status;
  }

  async weight(): Promise<number> {
    return canaryWeight(await this.cluster.get(VIRTUAL_SERVICES, { namespace: this.namespace, name: "echo" }));
  }

  #startProcess(): void {
    if (this.#over) return;
    const { clock, mesh, random } = this;
    const dieAfterWrites = this.#deaths.shift();
    this.#process = new ControllerProcess({
      cluster: this.witness.cluster,
      mesh,
      clock,
      random,
      log: this.#log,
      faults: { ...this.#faults, dieAfterWrites },
      bend: this.#bend,
      onDeath: () => clock.after(this.#scenario.restartMs, () => this.#startProcess()),
    });
  }

  #canary(): Canary {
    const canary = object("serin.dev/v1alpha1", "Canary", this.namespace, "echo");
    const versions = { stable: "echo-v1", canary: "echo-v2" };
    return { ...canary, spec: { versions, strategy: { steps: this.#scenario.steps } } };
  }

  /** A Canary whose controller is gone keeps its finalizer; the namespace could never go. */
  async #letGo(): Promise<void> {
    const canary = await this.canary();
    if ((canary?.metadata.finalizers ?? []).length === 0) return;
    const key = { namespace: this.namespace, name: "echo" };
    await this.cluster.patch(CANARIES, key, { type: "merge", body: { metadata: { finalizers: null } } });
  }
}
