// Sees every write of the controller to the route at the moment it happens, and holds it against the rules with what is
// really true then. It sits between the process and the API, so it misses nothing and believes nobody.

import type { KubeObject, ObjectKey } from "../../src/core/kubernetes/object.ts";
import { CANARIES, type Resource, VIRTUAL_SERVICES } from "../../src/core/kubernetes/resource.ts";
import type { Canary } from "../../src/core/spec/canary.ts";
import { type Cluster, isClusterError, type Patch, type WriteOptions } from "../../src/ports/cluster.ts";
import type { Mesh } from "./mesh.ts";
import { canaryWeight, TOTAL, untouchable, weightSum } from "./route.ts";
import { CANARY, STABLE, type Workloads } from "./workloads.ts";

export interface Violation {
  rule: 1 | 2 | 3 | 4 | 5 | 6;
  atMs: number;
  what: string;
}

export interface WitnessOptions {
  cluster: Cluster;
  namespace: string;
  workloads: Workloads;
  mesh: Mesh;
  elapsedMs: () => number;
  /** A cache may lag while watches break: readiness lost less than this ago may be unknown. */
  readinessSlackMs: number;
}

/** Ends after which the same version may start again by itself. */
const SAYS_NOTHING = new Set(["Completed", "Superseded", "TemplateChanged", "Deleted"]);

export class Witness {
  readonly violations: Violation[] = [];
  /** Canary's weight after each of the controller's writes, with its time. */
  readonly writes: { atMs: number; before: number; after: number }[] = [];
  #options: WitnessOptions;
  #ownVersion: string | undefined;
  #enoughAtMs = 0;
  #handAtMs = 0;
  /** Ids of the rollouts that were taken back: they never gain again. */
  #aborted = new Set<string>();

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  blame(rule: Violation["rule"], what: string): void {
    this.violations.push({ rule, atMs: this.#options.elapsedMs(), what });
  }

  /** The API as the controller gets it. */
  get cluster(): Cluster {
    const real = this.#options.cluster;
    return {
      get: (...args) => real.get(...args),
      list: (...args) => real.list(...args),
      watch: (...args) => real.watch(...args),
      create: (...args) => real.create(...args),
      update: (resource, object, options) =>
        resource === VIRTUAL_SERVICES
          ? this.#watched({ name: object.metadata.name, namespace: object.metadata.namespace }, () =>
              real.update(resource, object, options),
            )
          : real.update(resource, object, options),
      patch: <T extends KubeObject>(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions) =>
        resource === VIRTUAL_SERVICES
          ? this.#watched(key, () => real.patch<T>(resource, key, patch, options))
          : real.patch<T>(resource, key, patch, options),
      apply: (...args) => real.apply(...args),
      delete: (...args) => real.delete(...args),
    };
  }

  /** Somebody else wrote the route last. */
  get handWroteLast(): boolean {
    return this.#handAtMs > (this.writes.at(-1)?.atMs ?? 0);
  }

  sawHand(): void {
    this.#handAtMs = this.#options.elapsedMs();
  }

  /** Called often: remembers since when the canary has lacked endpoints, and which rollouts were taken back. */
  async look(): Promise<void> {
    if (this.#isReadyFor(1)) this.#enoughAtMs = this.#options.elapsedMs();
    await this.#rememberAborted();
  }

  async #watched<T extends KubeObject>(key: ObjectKey, write: () => Promise<T>): Promise<T> {
    const { cluster, elapsedMs } = this.#options;
    const before = await cluster.get(VIRTUAL_SERVICES, key);
    const after = await write();
    const weights = { before: canaryWeight(before), after: canaryWeight(after) };
    this.writes.push({ atMs: elapsedMs(), ...weights });
    if (untouchable(before) !== untouchable(after)) this.blame(3, "changed more than the weights");
    if (weightSum(after) !== TOTAL) this.blame(5, `weights sum to ${weightSum(after)}`);
    if (weights.after > weights.before) await this.#judgeRaise(before, weights);
    this.#ownVersion = after.metadata.resourceVersion;
    return after;
  }

  async #judgeRaise(before: KubeObject, { after }: { before: number; after: number }): Promise<void> {
    const { mesh, workloads } = this.#options;
    if (!this.#isReadyFor(after) && this.#lackedLong())
      this.blame(1, `raised to ${after} with ${workloads.ready(CANARY)} ready endpoints of the canary`);
    const version = before.metadata.resourceVersion ?? "0";
    if (version === this.#ownVersion && !mesh.worksBy(version))
      this.blame(1, `raised to ${after} before every proxy worked by the last write`);
    const id = await this.#rememberAborted();
    if (id !== undefined && this.#aborted.has(id)) this.blame(5, `raised to ${after} though ${id} was taken back`);
  }

  async #rememberAborted(): Promise<string | undefined> {
    const rollout = await this.#storedRollout();
    if (rollout?.endReason !== undefined && !SAYS_NOTHING.has(rollout.endReason)) this.#aborted.add(rollout.id);
    return rollout?.id;
  }

  async #storedRollout() {
    try {
      const canary = await this.#options.cluster.get<Canary>(CANARIES, {
        namespace: this.#options.namespace,
        name: "echo",
      });
      return canary.status?.rollout;
    } catch (error) {
      if (isClusterError(error, "NotFound")) return undefined;
      throw error;
    }
  }

  #isReadyFor(weight: number): boolean {
    const { workloads } = this.#options;
    const needed = Math.max(1, Math.ceil((weight / TOTAL) * workloads.replicas(STABLE)));
    return workloads.ready(CANARY) >= needed;
  }

  #lackedLong(): boolean {
    return this.#options.elapsedMs() - this.#enoughAtMs >= this.#options.readinessSlackMs;
  }
}
