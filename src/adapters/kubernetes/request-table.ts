// What was asked of the API server so far: how often, how long it took, with which outcome.

export interface RequestCount {
  /** get, list, watch, create, update, patch, apply, delete. */
  verb: string;
  /** `deployments.apps`, `pods/log`; empty for discovery. */
  resource: string;
  /** HTTP status; 0 when no answer came. */
  code: number;
  count: number;
  /** Sum, until the answer is complete; of a stream until it begins. */
  durationMs: number;
}

export interface RequestTable {
  add(request: Omit<RequestCount, "count">): void;
  /** As of now, in no order. */
  read(): RequestCount[];
}

export function requestTable(): RequestTable {
  const counts = new Map<string, RequestCount>();
  return {
    add({ verb, resource, code, durationMs }) {
      const key = `${verb} ${resource} ${code}`;
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { verb, resource, code, count: 1, durationMs });
      else {
        known.count += 1;
        known.durationMs += durationMs;
      }
    },
    read: () => [...counts.values()].map((each) => ({ ...each })),
  };
}
