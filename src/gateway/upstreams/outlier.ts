// Passive health checking of one cluster: an endpoint that fails several times in a row gets nothing for a while.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier (consecutive errors only, as istiod sets it up)

import type { OutlierPolicy } from "../routing/table.ts";

interface Health {
  errors: number;
  gatewayErrors: number;
  /** Out until then; the past means in. */
  outUntilMs: number;
  /** The next ejection lasts this many base times and one more; wears off with every interval that passes well. */
  backoff: number;
}

const LONGEST_EJECTION_MS = 300_000;

export class Outliers<T> {
  readonly policy: OutlierPolicy;
  readonly #startMs: number;
  #health = new Map<T, Health>();
  /** No endpoint is out later than that. */
  #allInMs = 0;

  constructor(policy: OutlierPolicy, nowMs: number) {
    this.policy = policy;
    this.#startMs = nowMs;
  }

  /** Those that may be asked now. When fewer are healthy than `minHealthPercent`, all may: Envoy's panic. */
  available(all: readonly T[], nowMs: number): readonly T[] {
    if (nowMs >= this.#allInMs) return all;
    const inside = all.filter((each) => !this.#isOut(each, nowMs));
    return inside.length * 100 < this.policy.minHealthPercent * all.length ? all : inside;
  }

  /** `code` is the status; 503 and 504 stand for failures without one. */
  observe(item: T, code: number, all: readonly T[], nowMs: number): void {
    let health = this.#health.get(item);
    if (code < 500) {
      if (health !== undefined) health.errors = health.gatewayErrors = 0;
      return;
    }
    if (health === undefined)
      this.#health.set(item, (health = { errors: 0, gatewayErrors: 0, outUntilMs: 0, backoff: 0 }));
    const { consecutiveErrors, consecutiveGatewayErrors } = this.policy;
    health.errors++;
    health.gatewayErrors = code >= 502 && code <= 504 ? health.gatewayErrors + 1 : 0;
    const bad =
      (consecutiveErrors > 0 && health.errors === consecutiveErrors) ||
      (consecutiveGatewayErrors > 0 && health.gatewayErrors === consecutiveGatewayErrors);
    if (bad && nowMs >= health.outUntilMs) this.#tryToEject(health, all, nowMs);
  }

  /** Forgets endpoints that are gone. */
  keep(items: readonly T[]): void {
    this.#health = new Map(items.flatMap((each) => (this.#health.has(each) ? [[each, this.#health.get(each)!]] : [])));
  }

  #isOut(item: T, nowMs: number): boolean {
    return nowMs < (this.#health.get(item)?.outUntilMs ?? 0);
  }

  #tryToEject(health: Health, all: readonly T[], nowMs: number): void {
    const out = all.filter((each) => this.#isOut(each, nowMs)).length;
    health.errors = health.gatewayErrors = 0;
    if ((out + 1) * 100 > this.policy.maxEjectionPercent * all.length) return;
    const { intervalMs, baseEjectionMs } = this.policy;
    const quietIntervals = Math.floor((nowMs - health.outUntilMs) / intervalMs);
    health.backoff = Math.max(0, health.backoff - quietIntervals) + 1;
    const until = nowMs + Math.min(baseEjectionMs * health.backoff, Math.max(baseEjectionMs, LONGEST_EJECTION_MS));
    // Envoy looks once in an interval whether somebody may come back.
    health.outUntilMs = this.#startMs + Math.ceil((until - this.#startMs) / intervalMs) * intervalMs;
    this.#allInMs = Math.max(this.#allInMs, health.outUntilMs);
  }
}
