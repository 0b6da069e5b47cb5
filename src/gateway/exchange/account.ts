// What is said about one exchange when it is over: counters and a line of the access log.

import type { Gate } from "../gate.ts";
import type { Route } from "../routing/table.ts";
import type { DestinationStats } from "../telemetry/stats.ts";
import type { LiveCluster } from "../upstreams/live-cluster.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import type { AnswerHeaders, HeaderList } from "../wire/headers.ts";
import type { Downstream } from "./downstream.ts";
import { delayedFlags } from "./fault.ts";
import { grpcStatusOf, httpStatusOf, isGrpc } from "./grpc.ts";
import { logEntry, type Outcome } from "./log-routing.ts";
import type { NodeRequestView } from "./request-view.ts";

export class Account {
  readonly isGrpc: boolean;
  stats: DestinationStats;
  view: NodeRequestView | undefined;
  route: Route | undefined;
  cluster: LiveCluster | undefined;
  upstream: Upstream | undefined;
  upstreamMs: number | undefined;
  bytesReceived = 0;
  bytesSent = 0;
  /** As the upstream's headers or trailers, or the gateway itself, said it. */
  grpcStatus: string | undefined;
  /** By an injected fault. */
  delayed = false;
  readonly #gate: Gate;
  readonly #client: Downstream;
  readonly #startMs: number;

  constructor(gate: Gate, client: Downstream) {
    this.#gate = gate;
    this.#client = client;
    this.#startMs = gate.monotonicMs();
    this.stats = gate.stats.nowhere;
    this.isGrpc = isGrpc(client.text("content-type"));
  }

  /** From now on it counts for a Service none of whose pods is asked. */
  chargeService(): void {
    if (this.cluster === undefined) return;
    const { host, service } = this.cluster.cluster;
    this.stats = this.#gate.stats.ofService({ host, ...service });
  }

  /** The head of an upstream's answer. What it is worth as an HTTP status: gRPC says 200 even to tell of an error. */
  heard(status: number, { "grpc-status": grpcStatus }: AnswerHeaders): number {
    if (!this.isGrpc || typeof grpcStatus !== "string") return status;
    this.grpcStatus = grpcStatus;
    return httpStatusOf(grpcStatus) ?? status;
  }

  heardLast(trailers: HeaderList): void {
    const at = trailers.indexOf("grpc-status");
    if (at !== -1) this.grpcStatus = trailers[at + 1];
  }

  close({ code, flags: own, details, failure }: Outcome): void {
    const flags = this.delayed ? delayedFlags(own) : own;
    const durationMs = this.#gate.monotonicMs() - this.#startMs;
    this.stats.observe(code, flags, durationMs, this.isGrpc ? this.#finalGrpcStatus(code) : undefined);
    const { accessLog, clock } = this.#gate;
    if (accessLog === undefined) return;
    accessLog.write(
      logEntry(this.#client, this, { code, flags, details, failure, durationMs, startMs: clock.now() - durationMs }),
    );
  }

  /** "" when there was no answer at all. */
  #finalGrpcStatus(code: number): string {
    return this.grpcStatus ?? (code === 0 ? "" : String(grpcStatusOf(code)));
  }
}
