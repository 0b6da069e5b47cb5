// Which routes a rollout moves, and the split that is found in them.

/** The routes that one rollout moves, resolved and pinned at its start (status.traffic). */
export interface TrafficTarget {
  namespace: string;
  /** Host of the Service that both destinations share: "echo" or "echo.default.svc.cluster.local", as written. */
  host: string;
  stableSubset: string;
  canarySubset: string;
  destinationRule: string;
  routes: RouteRef[];
  /** What the two weights sum to in those routes: 100 unless the manifest says otherwise. */
  total: number;
}

/** One route of one VirtualService: by name when it has one, else by index. */
export interface RouteRef {
  virtualService: string;
  route?: string;
  index: number;
  /** The destination that was absent when the rollout started: Serin adds it, and removes it when its weight is 0 again. */
  adds?: "stable" | "canary";
  /** With `adds`: the other destination stood alone and had no weight written, which it gets back in the end. */
  impliedWeight?: true;
}

/** The split as found in the objects. */
export interface SplitReading {
  /** Canary's weight of `total`, the same in all routes; undefined when the routes disagree or have foreign destinations. */
  canaryWeight: number | undefined;
  stableWeight: number | undefined;
  total: number;
  /** For people: why canaryWeight is undefined. */
  problem?: string;
  /** When the routes only disagree: the canary's weight of `total` in each. A write sets them all to the same. */
  disagreeing?: number[];
  /**
   * When canaryWeight is undefined: the most that the canary has of `total` in any route that is left, whatever else is wrong
   * there. Above 0, a write of 0 still takes it away; at 0 the canary has nothing to lose. Absent when no weight makes sense.
   */
  canaryAtMost?: number;
  objects: ObjectReading[];
}

/** One object that carries the split. */
export interface ObjectReading {
  virtualService: string;
  resourceVersion: string;
  uid: string;
  /** Manager of the newest managedFields entry that owns spec, and when. */
  lastWriter?: { manager: string; operation: string; time?: string };
}
