// What keeps a service on its feet: endpoints that fail are left out for a while, and no more is sent than it takes.

import type { CaseRequest, DifferentialCase, HeaderPairs, UpstreamStep } from "../case.ts";
import { destinationRule, service } from "../endpoints.ts";
import { one, to } from "./shapes.ts";

const ALONE = { alone: "yes" };

/** A rule for a Service of the case's own: of one endpoint, so that nothing is left to chance, or of the two of v1. */
const ruled = (
  feature: string,
  name: string,
  trafficPolicy: unknown,
  requests: readonly CaseRequest[],
  {
    route = {},
    selector = ALONE,
    port = "http",
  }: { route?: object; selector?: Record<string, string>; port?: string } = {},
): DifferentialCase => ({
  ...one(feature, name, [{ retries: { attempts: 0 }, ...route, route: [to("case-one")] }], requests),
  objects: [
    service("case-one", selector, [{ name: port, port: 80, targetPort: 0 }]),
    destinationRule("case-one", { subsets: [], trafficPolicy }),
  ],
});
const GRPC: HeaderPairs = [["content-type", "application/grpc"]];
const TWO = { selector: { version: "v1" } };

/**
 * Ejections of a second, looked after five times a second. Envoy gives its workers a second change within a second late
 * (update_merge_window), and even the first one not before the next request: cases let both pass.
 */
const EJECTION = { interval: "0.2s", baseEjectionTime: "1s", maxEjectionPercent: 100 };
const OVER_MS = 1_500;
const TAKEN_UP_MS = 60;
const outlier = (
  name: string,
  outlierDetection: Record<string, unknown>,
  requests: readonly CaseRequest[],
  more: Parameters<typeof ruled>[4] = {},
): DifferentialCase =>
  ruled("outliers", name, { outlierDetection: { ...EJECTION, ...outlierDetection } }, requests, more);
const answers = (status: number, times = 1): CaseRequest => ({ times, exactly: true, upstream: [{ status }] });
const fails = (step: UpstreamStep, times: number): CaseRequest => ({ times, exactly: true, upstream: [step] });
/** What an ejection has changed. */
const then = (request: CaseRequest, afterMs = TAKEN_UP_MS): CaseRequest => ({ ...request, afterMs });
const eachOfTwo = (times: number, upstream: readonly UpstreamStep[] = [{ status: 200 }]): CaseRequest => ({
  times,
  byEndpoint: true,
  upstream,
});

const OUTLIERS: readonly DifferentialCase[] = [
  outlier("one that fails is out, and comes back, and is out again", { consecutive5xxErrors: 3 }, [
    answers(503, 2),
    answers(200),
    answers(503, 3),
    then(answers(200, 3)),
    then(answers(200, 3), OVER_MS),
    then(answers(500, 3), 1_200),
    then(answers(200)),
  ]),
  outlier(
    "one of two",
    { consecutive5xxErrors: 3 },
    [
      eachOfTwo(60, [{ status: 503, onlyAt: ["v1-a"] }]),
      then({ ...eachOfTwo(40), exactly: true }),
      then(eachOfTwo(200), OVER_MS),
    ],
    TWO,
  ),
  outlier("every attempt counts", { consecutive5xxErrors: 3 }, [answers(503), then(answers(200))], {
    route: { retries: { attempts: 2, retryOn: "5xx", backoff: "2ms" } },
  }),
  outlier("five by default", {}, [answers(503, 4), answers(200), answers(503, 5), then(answers(200))]),
  outlier("only errors of gateways", { consecutive5xxErrors: 0, consecutiveGatewayErrors: 2 }, [
    answers(500, 6),
    answers(502),
    answers(500),
    answers(504),
    answers(200),
    answers(503, 2),
    then(answers(200)),
  ]),
  outlier("connections that end", { consecutive5xxErrors: 2 }, [fails("reset", 2), then(answers(200))]),
  outlier("answers that are none", { consecutive5xxErrors: 2 }, [fails("garbage", 2), then(answers(200))]),
  outlier("time-outs", { consecutive5xxErrors: 2 }, [fails("hang", 2), then(answers(200))], {
    route: { timeout: "0.1s" },
  }),
  outlier("4xx do not count", { consecutive5xxErrors: 2 }, [answers(404, 5), answers(429, 5), then(answers(200))]),
  outlier(
    "never more than maxEjectionPercent",
    { consecutive5xxErrors: 2, maxEjectionPercent: 50 },
    [
      // Which of the two is out is chance.
      { times: 40, exactly: true, upstream: [{ status: 503 }] },
      then({ times: 10, exactly: true }),
    ],
    TWO,
  ),
  outlier("none below ten by default", { consecutive5xxErrors: 2, maxEjectionPercent: undefined }, [
    answers(503, 4),
    then(answers(200, 4)),
  ]),
  outlier("all may be asked below minHealthPercent", { consecutive5xxErrors: 2, minHealthPercent: 50 }, [
    answers(503, 4),
    then(answers(200, 4)),
  ]),
  outlier(
    "statuses of gRPC",
    { consecutive5xxErrors: 2 },
    [
      {
        ...fails({ status: 200, headers: [...GRPC, ["grpc-status", "14"]], pieces: [] }, 2),
        protocol: "h2c",
        headers: GRPC,
      },
      then(answers(200)),
    ],
    { port: "grpc" },
  ),
];

const limited = (
  name: string,
  connectionPool: unknown,
  requests: readonly CaseRequest[],
  more: Parameters<typeof ruled>[4] = {},
): DifferentialCase => ruled("connection pool", name, { connectionPool }, requests, more);
/** Long enough that all of them are there before the first has its answer. */
const atOnce = (times: number, extra: CaseRequest = {}): CaseRequest => ({
  times,
  concurrent: true,
  exactly: true,
  upstream: [{ status: 200, delayMs: 400 }],
  ...extra,
});

const POOLS: readonly DifferentialCase[] = [
  limited("one connection and one that waits", { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } }, [
    // While a connection is being made, in Envoy even its own request waits: the first makes it.
    {},
    atOnce(5),
    {},
  ]),
  limited("two connections, the others wait", { tcp: { maxConnections: 2 } }, [
    atOnce(6, { byConnection: true, upstream: [{ status: 200, delayMs: 100 }] }),
  ]),
  limited(
    "what is too much is not tried again",
    { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } },
    [{}, atOnce(5)],
    {
      // Were it tried again, there would be room by then.
      route: { retries: { attempts: 8, retryOn: "5xx,reset", backoff: "150ms" } },
    },
  ),
  limited("requests at once", { http: { http2MaxRequests: 2 } }, [atOnce(5), atOnce(2), { protocol: "h2c" }]),
  limited("requests at once, over HTTP/2", { http: { http2MaxRequests: 2 } }, [atOnce(5)], { port: "http2" }),
  limited(
    "retries at once",
    { http: { maxRetries: 1 } },
    [
      atOnce(5, {
        upstream: [
          { status: 503, delayMs: 200 },
          { status: 200, delayMs: 600 },
        ],
      }),
    ],
    { route: { retries: { attempts: 1, retryOn: "5xx", backoff: "2ms" } } },
  ),
  ...[1, 2, 3].map((maxRequestsPerConnection) =>
    limited(`${maxRequestsPerConnection} requests by one connection`, { http: { maxRequestsPerConnection } }, [
      { times: 7, byConnection: true, exactly: true },
    ]),
  ),
  limited(
    "2 requests by one connection, over HTTP/2",
    { http: { maxRequestsPerConnection: 2 } },
    [{ times: 5, byConnection: true, exactly: true }],
    { port: "http2" },
  ),
  limited("connections are kept", {}, [{ times: 5, byConnection: true, exactly: true }]),
  limited("an idle connection ends", { http: { idleTimeout: "0.3s" } }, [
    { times: 2, byConnection: true, exactly: true },
    { afterMs: 900, byConnection: true },
  ]),
  limited("a limit that is not reached", { tcp: { maxConnections: 10 }, http: { http1MaxPendingRequests: 10 } }, [
    atOnce(8),
  ]),
];

/** Nobody takes the connection, and nobody refuses it. */
const DEAF = { selector: { app: "deaf" } };
const slow = (sent: CaseRequest = {}): CaseRequest => ({ takesMs: [280, 2_000], ...sent });
const connecting = (
  name: string,
  connectionPool: unknown,
  requests: readonly CaseRequest[],
  more: Parameters<typeof ruled>[4] = {},
): DifferentialCase => ruled("connecting", name, { connectionPool }, requests, { ...DEAF, ...more });

const CONNECTING: readonly DifferentialCase[] = [
  connecting("it takes too long", { tcp: { connectTimeout: "0.3s" } }, [
    slow({ method: "POST", body: "x" }),
    slow({ protocol: "h2c" }),
  ]),
  connecting(
    "it takes too long, over HTTP/2",
    { tcp: { connectTimeout: "0.3s" } },
    [slow(), slow({ protocol: "h2c" })],
    { port: "http2" },
  ),
  connecting("it takes too long, twice", { tcp: { connectTimeout: "0.3s" } }, [slow({ takesMs: [580, 2_300] })], {
    route: { retries: { attempts: 1, retryOn: "connect-failure", backoff: "2ms" } },
  }),
  connecting("a time limit before that", { tcp: { connectTimeout: "2s" } }, [{ takesMs: [190, 1_500] }], {
    route: { timeout: "0.2s" },
  }),
];

const WARM: readonly DifferentialCase[] = ["ROUND_ROBIN", "LEAST_REQUEST"].map((simple) =>
  ruled(
    "warm-up",
    `${simple}, over`,
    { loadBalancer: { simple, warmup: { duration: "1s" } } },
    [{ afterMs: 2_000, times: 300, byEndpoint: true }],
    TWO,
  ),
);

export const STRENGTH_CASES: readonly DifferentialCase[] = [...OUTLIERS, ...POOLS, ...CONNECTING, ...WARM];
