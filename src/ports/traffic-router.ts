// How weight is moved, whatever the mesh. The adapter resolves names, reads what is there, and writes the least it can.

import type { KubeObject } from "../core/kubernetes/object.ts";
import type { TrafficSpec } from "../core/spec/canary.ts";
import type { SplitReading, TrafficTarget } from "../core/traffic/split.ts";
import type { JsonPatchOperation } from "./cluster.ts";

export interface TrafficRouter {
  /**
   * Finds the routes and the two destinations for a pair of Deployments; `traffic` from the spec narrows the search.
   * Never throws for what a user can cure: that is a `Problem` value.
   */
  resolve(query: ResolveQuery): Promise<Resolution>;

  /** The split as it is written now, with the version it was read at and who last wrote it. */
  read(target: TrafficTarget): Promise<SplitReading>;

  /**
   * Gives the canary `canaryWeight` of `target.total`, the rest to stable, in every route of the target: one JSON patch
   * per object with `test` on all that was read. Throws ClusterError `Invalid` or `Conflict` when the world changed since `reading`.
   * Returns what is written then.
   */
  write(target: TrafficTarget, reading: SplitReading, canaryWeight: number): Promise<SplitReading>;

  /** What `write` would change, without changing it: for `serin diff` and `--dry-run`. */
  preview(target: TrafficTarget, reading: SplitReading, canaryWeight: number): Promise<RouteChange[]>;
}

/** The exact change of one object. */
export interface RouteChange {
  kind: string;
  namespace: string;
  name: string;
  operations: JsonPatchOperation[];
  before: KubeObject;
  after: KubeObject;
}

export interface ResolveQuery {
  namespace: string;
  stable: string;
  canary: string;
  traffic?: TrafficSpec;
}

export type Resolution = { ok: true; target: TrafficTarget } | { ok: false; reason: string; message: string };
