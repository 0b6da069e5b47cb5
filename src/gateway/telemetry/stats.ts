// Counters with Istio's names and labels (https://istio.io/latest/docs/reference/config/metrics/), counted once per client
// request with its final outcome. The hot path adds to plain numbers; text is made at scrape (stats-text.ts).

import type { Workload } from "../routing/table.ts";

/** Envoy's default histogram buckets in milliseconds, which Istio keeps. */
export const BUCKETS_MS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

export interface DestinationService {
  /** "echo.default.svc.cluster.local", or "unknown". */
  host: string;
  name: string;
  namespace: string;
}

const UNKNOWN_WORKLOAD: Workload = {
  name: "unknown",
  namespace: "unknown",
  version: "unknown",
  app: "unknown",
  canonicalService: "unknown",
  canonicalRevision: "latest",
};

const UNKNOWN_SERVICE: DestinationService = { host: "unknown", name: "unknown", namespace: "unknown" };

/** What one workload got through all its Services and pods: the metric source's view. */
export class WorkloadTotals {
  requests = 0;
  /** Answers 5xx, no answer at all (code 0), and what gRPC counts as the server's errors. */
  errors = 0;
  inFlight = 0;
}

/** One combination of response code and flags. */
export class Series {
  readonly code: number;
  readonly flags: string;
  /** Undefined: the request was no gRPC. "": it got no answer. */
  readonly grpcStatus: string | undefined;
  count = 0;
  sumMs = 0;
  /** Not cumulative; the last one is beyond every bucket. */
  readonly buckets = new Float64Array(BUCKETS_MS.length + 1);

  constructor(code: number, flags: string, grpcStatus?: string) {
    this.code = code;
    this.flags = flags;
    this.grpcStatus = grpcStatus;
  }
}

/** https://opentelemetry.io/docs/specs/semconv/rpc/grpc/: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_SERVER_ERRORS: ReadonlySet<string> = new Set(["2", "4", "12", "13", "14", "15"]);

function isGrpcError(status: string | undefined): boolean {
  return status !== undefined && GRPC_SERVER_ERRORS.has(status);
}

/** All that is counted for one workload behind one Service. */
export class DestinationStats {
  readonly workload: Workload;
  readonly service: DestinationService;
  readonly totals: WorkloadTotals;
  readonly #plain = new Map<number, Series>();
  readonly #flagged = new Map<string, Series>();

  constructor(workload: Workload, service: DestinationService, totals: WorkloadTotals) {
    this.workload = workload;
    this.service = service;
    this.totals = totals;
  }

  /** `flags` is "-" when there are none, else Envoy's short names. */
  observe(code: number, flags: string, durationMs: number, grpcStatus?: string): void {
    const series = this.#series(code, flags, grpcStatus);
    series.count++;
    series.sumMs += durationMs;
    let bucket = 0;
    while (bucket < BUCKETS_MS.length && durationMs > BUCKETS_MS[bucket]!) bucket++;
    series.buckets[bucket]!++;
    this.totals.requests++;
    if (code >= 500 || code === 0 || isGrpcError(grpcStatus)) this.totals.errors++;
  }

  series(): Series[] {
    return [...this.#plain.values(), ...this.#flagged.values()];
  }

  #series(code: number, flags: string, grpcStatus: string | undefined): Series {
    if (flags === "-" && grpcStatus === undefined) {
      let series = this.#plain.get(code);
      if (series === undefined) this.#plain.set(code, (series = new Series(code, flags)));
      return series;
    }
    const key = `${code} ${flags} ${grpcStatus ?? "-"}`;
    let series = this.#flagged.get(key);
    if (series === undefined) this.#flagged.set(key, (series = new Series(code, flags, grpcStatus)));
    return series;
  }
}

/** Every destination that was ever known since the start; counters never go back. */
export class Stats {
  readonly #destinations = new Map<string, DestinationStats>();
  readonly #totals = new Map<string, WorkloadTotals>();
  /** Requests that met no route or no cluster. */
  readonly nowhere = this.of(UNKNOWN_WORKLOAD, UNKNOWN_SERVICE);

  of(workload: Workload, service: DestinationService): DestinationStats {
    const key = JSON.stringify([...Object.values(workload), service.host]);
    const known = this.#destinations.get(key);
    if (known !== undefined) return known;
    const made = new DestinationStats(workload, service, this.totals(workload.namespace, workload.name));
    this.#destinations.set(key, made);
    return made;
  }

  /** A Service without a ready endpoint: nobody's workload answered. */
  ofService(service: DestinationService): DestinationStats {
    return this.of(UNKNOWN_WORKLOAD, service);
  }

  totals(namespace: string, workload: string): WorkloadTotals {
    const key = `${namespace}/${workload}`;
    let totals = this.#totals.get(key);
    if (totals === undefined) this.#totals.set(key, (totals = new WorkloadTotals()));
    return totals;
  }

  destinations(): DestinationStats[] {
    return [...this.#destinations.values()];
  }
}
