// What became of one kind of requests, with every failure kept. A failure is an answer other than the expected one, a body that
// is not the right one, or no answer.

import { type Result, Tally } from "../../src/load/tally.ts";

/** Of a failure whose answer came: its status; and in words what was wrong. Of a gRPC call: how it ended. */
export type SoakResult = Result & { got?: number; detail?: string; grpcStatus?: number };
export type SoakOutcome = SoakResult & { latencyMs: number };

export interface Failure {
  kind: string;
  at: string;
  /** Since the load began. */
  afterSeconds: number;
  cause: string;
  detail: string;
  latencyMs: number;
}

/** A broken world fails all: the first ones tell enough. */
const KEPT = 200;
const NAME_CHARS = 32;

export class Ledger extends Tally {
  readonly kind: string;
  readonly failures: Failure[] = [];
  failed = 0;
  /** By status, version and gRPC's status, as the gateway's metrics have them; status 0: the client went away. */
  readonly answers = new Map<string, number>();
  readonly #startedMs = performance.now();

  constructor(kind: string) {
    super();
    this.kind = kind;
  }

  override add(outcome: SoakOutcome): void {
    super.add(outcome);
    const status = outcome.kind === "answered" ? outcome.status : (outcome.got ?? 0);
    const version = outcome.kind === "answered" ? outcome.version : undefined;
    const grpc = outcome.grpcStatus === undefined ? "" : ` grpc ${outcome.grpcStatus}`;
    const key = `${status} ${version ?? "unknown"}${grpc}`;
    this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
    if (outcome.kind === "answered") return;
    this.failed++;
    if (this.failures.length >= KEPT) return;
    this.failures.push({
      kind: this.kind,
      at: new Date().toISOString(),
      afterSeconds: Math.round((performance.now() - this.#startedMs) / 100) / 10,
      cause: outcome.cause,
      detail: outcome.detail ?? "",
      latencyMs: Math.round(outcome.latencyMs),
    });
  }
}

/** One line for a person. */
export function ledgerText(ledger: Ledger): string {
  const { kind, failed, failures, answers } = ledger;
  const counts = [...answers].map(([answer, count]) => `${answer}: ${count}`).toSorted();
  const [first] = failures;
  const why = first === undefined ? "" : ` (first: ${first.cause})`;
  return `${kind.padEnd(NAME_CHARS)} ${String(ledger.read().sent).padStart(7)} sent, ${failed} failed${why}; ${counts.join(", ")}`;
}
