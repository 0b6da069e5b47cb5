// Upstreams that fail, answer late or not at all: retries, time limits and the answers that the gateway gives itself.

import type { CaseRequest, DifferentialCase, UpstreamStep } from "../case.ts";
import { one, to, V1 } from "./shapes.ts";

const OK: UpstreamStep = { status: 200 };
const status = (code: number, headers: readonly (readonly [string, string])[] = []): UpstreamStep => ({
  status: code,
  headers,
});
const late = (delayMs: number): UpstreamStep => ({ status: 200, delayMs });

const retried = (
  name: string,
  retries: unknown,
  requests: readonly CaseRequest[],
  more: Record<string, unknown> = {},
): DifferentialCase =>
  one("retries", name, [{ ...(retries === undefined ? {} : { retries }), ...more, route: V1 }], requests);
const plan = (...upstream: readonly UpstreamStep[]): CaseRequest => ({ upstream });

const STATUSES = [400, 404, 409, 429, 500, 501, 502, 503, 504];
const each = STATUSES.map((code) => plan(status(code), OK));

const RETRIES: DifferentialCase[] = [
  retried("default", undefined, [
    ...each,
    plan("reset", OK),
    plan("garbage", OK),
    plan("reset"),
    plan("garbage"),
    plan(status(200, [["grpc-status", "14"]]), OK),
    plan(status(200, [["grpc-status", "1"]]), OK),
  ]),
  retried("none", { attempts: 0 }, [plan(status(503), OK), plan("reset", OK), plan("garbage")]),
  retried("5xx", { attempts: 2, retryOn: "5xx" }, [
    ...each,
    plan("reset", OK),
    plan("reset"),
    plan("garbage", OK),
    plan("garbage"),
    plan(status(503)),
    plan(status(503), status(500)),
    plan(status(500), "reset", OK),
  ]),
  retried("5xx once", { attempts: 1, retryOn: "5xx" }, [plan(status(503), OK), plan(status(503), status(502), OK)]),
  retried("5xx five times", { attempts: 5, retryOn: "5xx", backoff: "1ms" }, [
    plan(status(503)),
    plan(status(503), status(503), status(503), OK),
  ]),
  retried("gateway-error", { attempts: 2, retryOn: "gateway-error" }, [...each, plan("reset", OK)]),
  retried("reset", { attempts: 2, retryOn: "reset" }, [plan(status(503), OK), plan("reset", OK), plan("garbage", OK)]),
  retried("reset-before-request", { attempts: 2, retryOn: "reset-before-request" }, [
    plan("reset", OK),
    plan(status(503), OK),
  ]),
  retried("connect-failure", { attempts: 2, retryOn: "connect-failure" }, [plan(status(503), OK), plan("reset", OK)]),
  retried("retriable-4xx", { attempts: 2, retryOn: "retriable-4xx" }, each),
  retried("a status code", { attempts: 2, retryOn: "429" }, each),
  retried("two status codes and a condition", { attempts: 2, retryOn: "418,404,reset" }, [
    ...each,
    plan(status(418), OK),
    plan("reset", OK),
  ]),
  retried(
    "several conditions with spaces",
    { attempts: 2, retryOn: "gateway-error, connect-failure ,refused-stream" },
    [plan(status(502), OK), plan(status(500), OK), plan("reset", OK)],
  ),
  retried("retriable-status-codes without codes", { attempts: 2, retryOn: "retriable-status-codes" }, [
    plan(status(503), OK),
    plan(status(429), OK),
  ]),
  retried(
    "grpc conditions",
    { attempts: 2, retryOn: "cancelled,deadline-exceeded,internal,resource-exhausted,unavailable" },
    ["1", "4", "8", "13", "14", "2", "0"].map((code) => plan(status(200, [["grpc-status", code]]), OK)),
  ),
  retried("attempts without conditions", { attempts: 3 }, [plan(status(503), OK), plan("reset", OK)]),
  retried("a request with a body", { attempts: 2, retryOn: "5xx" }, [
    { method: "POST", body: "payload", upstream: [status(503), OK] },
    { method: "PUT", body: "x".repeat(200_000), upstream: [status(503), status(503), OK] },
  ]),
  retried("a method that is not idempotent", { attempts: 2, retryOn: "5xx" }, [
    { method: "PATCH", body: "x", upstream: [status(503), OK] },
    { method: "DELETE", upstream: ["reset", OK] },
  ]),
  retried("HEAD", { attempts: 2, retryOn: "5xx" }, [{ method: "HEAD", upstream: [status(503), OK] }]),
  retried(
    "with rewrites and headers",
    { attempts: 2, retryOn: "5xx" },
    [{ path: "/a/b?q=1", upstream: [status(503), status(503), OK] }],
    {
      rewrite: { uri: "/new", authority: "new.example" },
      headers: { request: { add: { "x-a": "1" } }, response: { add: { "x-r": "1" } } },
    },
  ),
  retried("x-envoy-ratelimited answers", { attempts: 2, retryOn: "5xx" }, [
    plan(status(503, [["x-envoy-ratelimited", "true"]]), OK),
  ]),
  retried("retry-after answers", { attempts: 2, retryOn: "5xx" }, [plan(status(503, [["retry-after", "1"]]), OK)]),
  retried("previous hosts may be met again", { attempts: 2, retryOn: "5xx", retryIgnorePreviousHosts: false }, [
    plan(status(503), OK),
  ]),
  retried("a long back-off", { attempts: 1, retryOn: "5xx", backoff: "400ms" }, [
    { upstream: [status(503), OK], takesMs: [0, 2_000] },
  ]),
  one(
    "retries",
    "connection refused, then another endpoint",
    [{ route: [to("mixed")] }],
    Array.from({ length: 6 }, () => ({ luckyFirst: true })),
  ),
  one(
    "retries",
    "connection refused, no retries",
    [{ retries: { attempts: 0 }, route: [to("mixed")] }],
    [{ times: 120 }],
  ),
  one(
    "retries",
    "connection refused everywhere",
    [{ route: [to("dead")] }],
    [{}, { method: "HEAD" }, { method: "POST", body: "x" }],
  ),
  one(
    "retries",
    "connection refused everywhere, no retries",
    [{ retries: { attempts: 0 }, route: [to("dead")] }],
    [{}],
  ),
  one(
    "retries",
    "connection refused everywhere, on 5xx",
    [{ retries: { attempts: 3, retryOn: "5xx" }, route: [to("dead")] }],
    [{}],
  ),
  one(
    "retries",
    "connection refused everywhere, on status codes only",
    [{ retries: { attempts: 3, retryOn: "503" }, route: [to("dead")] }],
    [{}],
  ),
];

const timed = (name: string, route: Record<string, unknown>, requests: readonly CaseRequest[]): DifferentialCase =>
  one("timeouts", name, [{ ...route, route: V1 }], requests);

const TIMEOUTS: DifferentialCase[] = [
  timed("of the whole request", { timeout: "0.3s" }, [
    { upstream: ["hang"], takesMs: [290, 3_000] },
    { upstream: [late(50)] },
    { method: "POST", body: "x", upstream: ["hang"], takesMs: [290, 3_000] },
    { method: "HEAD", upstream: ["hang"] },
  ]),
  timed("none by default", {}, [{ upstream: [late(400)], takesMs: [390, 5_000] }]),
  timed("that is not reached", { timeout: "5s" }, [{ upstream: [late(50)] }]),
  timed("per try", { retries: { attempts: 2, perTryTimeout: "0.2s", retryOn: "5xx" } }, [
    { upstream: ["hang"], takesMs: [590, 5_000] },
    { upstream: ["hang", OK], takesMs: [190, 4_000] },
  ]),
  timed(
    "per try, no condition for it",
    { retries: { attempts: 2, perTryTimeout: "0.2s", retryOn: "connect-failure" } },
    [{ upstream: ["hang"], takesMs: [190, 3_000] }],
  ),
  timed("per try, on gateway errors", { retries: { attempts: 1, perTryTimeout: "0.2s", retryOn: "gateway-error" } }, [
    { upstream: ["hang", OK], takesMs: [190, 3_000] },
  ]),
  timed("per try, on resets", { retries: { attempts: 1, perTryTimeout: "0.2s", retryOn: "reset" } }, [
    { upstream: ["hang", OK], takesMs: [190, 3_000] },
  ]),
  timed(
    "per try and of the whole",
    { timeout: "0.5s", retries: { attempts: 5, perTryTimeout: "0.2s", retryOn: "5xx", backoff: "1ms" } },
    [{ upstream: ["hang"], takesMs: [490, 3_000] }],
  ),
  timed(
    "per try longer than the whole",
    { timeout: "0.2s", retries: { attempts: 2, perTryTimeout: "5s", retryOn: "5xx" } },
    [{ upstream: ["hang"], takesMs: [190, 3_000] }],
  ),
  timed(
    "of the whole covers retries",
    { timeout: "0.4s", retries: { attempts: 9, retryOn: "5xx", backoff: "300ms" } },
    [{ upstream: [{ status: 503, delayMs: 500 }], takesMs: [390, 3_000] }],
  ),
  timed("client's own wish is not followed", {}, [
    { headers: [["x-envoy-upstream-rq-timeout-ms", "50"]], upstream: [late(300)] },
  ]),
];

const LOCAL: DifferentialCase[] = [
  one(
    "local replies",
    "with the route's response headers",
    [{ headers: { response: { set: { "x-r": "1" }, remove: ["content-type"] } }, route: [to("empty")] }],
    [{}],
  ),
  one(
    "local replies",
    "refused, with the route's response headers",
    [{ headers: { response: { set: { "x-r": "1" } } }, retries: { attempts: 0 }, route: [to("dead")] }],
    [{}],
  ),
  one(
    "local replies",
    "with the destination's response headers",
    [{ route: [to("empty", undefined, { headers: { response: { add: { "x-r": "1" } } } })] }],
    [{}],
  ),
  one(
    "local replies",
    "no cluster, with response headers",
    [{ headers: { response: { set: { "x-r": "1" } } }, route: [to("echo", "v9")] }],
    [{}],
  ),
  one(
    "local replies",
    "a time-out, with response headers",
    [{ timeout: "0.1s", headers: { response: { set: { "x-r": "1" } } }, route: V1 }],
    [{ upstream: ["hang"] }],
  ),
  one(
    "local replies",
    "to a client that accepts JSON",
    [{ route: [to("empty")] }],
    [{ headers: [["accept", "application/json"]] }],
  ),
  one(
    "local replies",
    "to a gRPC client",
    [{ route: [to("empty")] }],
    [{ method: "POST", headers: [["content-type", "application/grpc"]], body: "x" }],
  ),
  one(
    "local replies",
    "no route, to a gRPC client",
    [{ match: [{ uri: { exact: "/a" } }], route: V1 }],
    [{ method: "POST", path: "/b", headers: [["content-type", "application/grpc"]], body: "x" }],
  ),
];

export const FAILURE_CASES: readonly DifferentialCase[] = [...RETRIES, ...TIMEOUTS, ...LOCAL];
