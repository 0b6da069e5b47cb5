// How long a client may take, so that those who do nothing hold nothing. Whoever makes progress is never cut: a long upload, a stream of
// answers, a WebSocket. Figures of Envoy's edge best practices, which Istio 1.31 has as the profile EDGE of its connection settings:
// https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge

export interface TimeLimits {
  /** From a request's first byte until its head is complete. */
  headMs: number;
  /** Without a single byte of a body that is being waited for, or without a single byte of an answer being taken. */
  stallMs: number;
  /** A connection without a request, looked at every `stallMs`. A short one would race with clients that use theirs again. */
  idleMs: number;
}

export const TIME_LIMITS: TimeLimits = { headMs: 60_000, stallMs: 300_000, idleMs: 3_600_000 };
