// Whether an attempt is followed by another, and when. Conditions: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on

import type { Random } from "../random.ts";
import type { RetryPolicy } from "../routing/table.ts";
import type { AnswerHeaders } from "../wire/headers.ts";
import type { Failure } from "../wire/upstream-error.ts";

/** An overflow never: that would make it worse. */
export function retriesFailure({ on }: RetryPolicy, failure: Failure): boolean {
  if (failure.kind === "overflow") return false;
  if (on.has("5xx") || on.has("gateway-error") || on.has("reset")) return true;
  if (failure.kind === "refused") return on.has("refused-stream");
  const isConnecting = failure.kind === "connect" || failure.kind === "tls";
  return isConnecting && (on.has("connect-failure") || on.has("reset-before-request"));
}

/** A rate limiter's answer is not tried again: that would make it worse. */
export function retriesStatus(
  { on, statusCodes }: RetryPolicy,
  status: number,
  { "grpc-status": grpcStatus, "x-envoy-ratelimited": rateLimited }: AnswerHeaders,
): boolean {
  if (rateLimited !== undefined) return false;
  if (
    typeof grpcStatus === "string" &&
    GRPC_CONDITIONS[grpcStatus] !== undefined &&
    on.has(GRPC_CONDITIONS[grpcStatus])
  )
    return true;
  if (status < 400) return statusCodes.has(status);
  if (status >= 500 && on.has("5xx")) return true;
  if ((status === 502 || status === 503 || status === 504) && on.has("gateway-error")) return true;
  if (status === 409 && on.has("retriable-4xx")) return true;
  return statusCodes.has(status);
}

const GRPC_CONDITIONS: Readonly<Record<string, string>> = {
  "1": "cancelled",
  "4": "deadline-exceeded",
  "8": "resource-exhausted",
  "13": "internal",
  "14": "unavailable",
};

/** Fully jittered and exponential, at most ten times the base: Envoy's default back-off. `retry` counts from 1. */
export function backoffMs({ backoffBaseMs }: RetryPolicy, retry: number, random: Random): number {
  return random() * Math.min(backoffBaseMs * 2 ** (retry - 1), backoffBaseMs * 10);
}
