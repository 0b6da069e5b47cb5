import { expect, test } from "vitest";
import type { RetryPolicy } from "../routing/table.ts";
import { backoffMs, retriesFailure, retriesStatus } from "./retry.ts";

const policy = (on: string, codes: number[] = []): RetryPolicy => ({
  attempts: 2,
  on: new Set(on.split(",")),
  statusCodes: new Set(codes),
  perTryTimeoutMs: undefined,
  avoidPreviousHosts: true,
  backoffBaseMs: 25,
});

test.each([
  ["connect-failure", true, false, false],
  ["reset-before-request", true, false, false],
  ["reset", true, true, true],
  ["5xx", true, true, true],
  ["gateway-error", true, true, true],
  ["unavailable,retriable-status-codes", false, false, false],
])("%s retries a refused connection: %s, a reset: %s, a per-try timeout: %s", (on, connect, reset, timeout) => {
  const answers = [
    { kind: "connect", reason: "Connection refused" },
    { kind: "reset" },
    { kind: "per-try-timeout" },
  ] as const;
  expect(answers.map((failure) => retriesFailure(policy(on), failure))).toEqual([connect, reset, timeout]);
});

test.each([
  ["5xx", 500, undefined, true],
  ["5xx", 404, undefined, false],
  ["gateway-error", 500, undefined, false],
  ["gateway-error", 503, undefined, true],
  ["retriable-4xx", 409, undefined, true],
  ["retriable-4xx", 404, undefined, false],
  ["unavailable", 200, "14", true],
  ["cancelled", 200, "14", false],
])("%s and status %i (grpc %s): %s", (on, status, grpcStatus, retried) => {
  expect(retriesStatus(policy(on), status, grpcStatus === undefined ? {} : { "grpc-status": grpcStatus })).toBe(
    retried,
  );
});

test("status codes are those listed, and none by default", () => {
  expect([
    retriesStatus(policy("retriable-status-codes", [503]), 503, {}),
    retriesStatus(policy("retriable-status-codes"), 503, {}),
  ]).toEqual([true, false]);
});

test("a rate limiter's answer is not tried again", () => {
  expect(retriesStatus(policy("5xx"), 503, { "x-envoy-ratelimited": "true" })).toBe(false);
});

test("back-off doubles from the base, stops at ten times, and is jittered down to nothing", () => {
  const most = [1, 2, 3, 4, 5, 9].map((retry) => backoffMs(policy("5xx"), retry, () => 1));
  expect(most).toEqual([25, 50, 100, 200, 250, 250]);
  expect(backoffMs(policy("5xx"), 3, () => 0)).toBe(0);
});
