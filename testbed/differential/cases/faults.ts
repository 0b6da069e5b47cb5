// Faults that are injected, and copies of requests that go to mirrors.

import type { CaseRequest, DifferentialCase, UpstreamStep } from "../case.ts";
import { one, to, V1 } from "./shapes.ts";

const fault = (
  name: string,
  faults: unknown,
  requests: readonly CaseRequest[],
  more: Record<string, unknown> = {},
): DifferentialCase => one("faults", name, [{ fault: faults, ...more, route: V1 }], requests);
const all = { percentage: { value: 100 } };

const FAULTS: DifferentialCase[] = [
  ...[400, 404, 429, 500, 503, 599].map((httpStatus) =>
    fault(`abort with ${httpStatus}`, { abort: { httpStatus, ...all } }, [{}, { method: "HEAD" }]),
  ),
  fault("abort with 200", { abort: { httpStatus: 200, ...all } }, [{}]),
  fault("abort half of them", { abort: { httpStatus: 503, percentage: { value: 50 } } }, [{ times: 500 }]),
  fault("abort a few", { abort: { httpStatus: 503, percentage: { value: 2.5 } } }, [{ times: 1_000 }]),
  fault("abort below one percent", { abort: { httpStatus: 503, percentage: { value: 0.2 } } }, [{ times: 1_000 }]),
  fault("abort nobody", { abort: { httpStatus: 503, percentage: { value: 0 } } }, [{ times: 20 }]),
  fault("abort without a percentage", { abort: { httpStatus: 503 } }, [{ times: 20 }]),
  fault("abort a request with a body", { abort: { httpStatus: 503, ...all } }, [{ method: "POST", body: "x" }]),
  fault("abort is not retried", { abort: { httpStatus: 503, ...all } }, [{}], {
    retries: { attempts: 3, retryOn: "5xx" },
  }),
  fault("abort with response headers", { abort: { httpStatus: 503, ...all } }, [{}], {
    headers: { response: { set: { "x-r": "1" }, remove: ["content-type"] } },
  }),
  fault("delay", { delay: { fixedDelay: "0.2s", ...all } }, [
    { takesMs: [190, 3_000] },
    { method: "POST", body: "x", takesMs: [190, 3_000] },
  ]),
  fault("delay nobody", { delay: { fixedDelay: "5s", percentage: { value: 0 } } }, [{ takesMs: [0, 3_000] }]),
  fault("delay without a percentage", { delay: { fixedDelay: "5s" } }, [{ takesMs: [0, 3_000] }]),
  fault("delay, then abort", { delay: { fixedDelay: "0.2s", ...all }, abort: { httpStatus: 418, ...all } }, [
    { takesMs: [190, 3_000] },
  ]),
  fault("delay beyond the time limit", { delay: { fixedDelay: "0.3s", ...all } }, [{ takesMs: [290, 3_000] }], {
    timeout: "0.1s",
  }),
  one(
    "faults",
    "only where the match holds",
    [
      { match: [{ headers: { "x-fault": {} } }], fault: { abort: { httpStatus: 500, ...all } }, route: V1 },
      { route: V1 },
    ],
    [{}, { headers: [["x-fault", "1"]] }],
  ),
  one(
    "faults",
    "abort on a route to nobody",
    [{ fault: { abort: { httpStatus: 500, ...all } }, route: [to("empty")] }],
    [{}],
  ),
  one(
    "faults",
    "abort on a route without a cluster",
    [{ fault: { abort: { httpStatus: 500, ...all } }, route: [to("echo", "v9")] }],
    [{}],
  ),
];

const V2_HOST = { host: "echo.default.svc.cluster.local", subset: "v2" };
const sent = (extra: Partial<CaseRequest> = {}): CaseRequest => ({ mirrored: true, ...extra });
const mirror = (
  name: string,
  mirrors: Record<string, unknown>,
  requests: readonly CaseRequest[] = [sent()],
  more: Record<string, unknown> = {},
): DifferentialCase => one("mirrors", name, [{ ...mirrors, ...more, route: V1 }], requests);
const late: UpstreamStep[] = [{ status: 200, delayMs: 20 }];

const MIRRORS: DifferentialCase[] = [
  mirror("every request", { mirror: V2_HOST }, [
    sent(),
    sent({ method: "HEAD" }),
    sent({ path: "/a?q=1", headers: [["x-a", "1"]] }),
    sent({ upstream: late }),
  ]),
  mirror("a request with a body", { mirror: V2_HOST }, [
    sent({ method: "POST", body: "payload" }),
    sent({ method: "PUT", body: "y".repeat(50_000) }),
  ]),
  mirror("a Host with a port", { mirror: V2_HOST }, [sent({ host: "case.test:8080" })]),
  mirror("all by percentage", { mirror: V2_HOST, mirrorPercentage: { value: 100 } }),
  mirror("none by percentage", { mirror: V2_HOST, mirrorPercentage: { value: 0 } }),
  mirror("half", { mirror: V2_HOST, mirrorPercentage: { value: 50 } }, [sent({ times: 120 })]),
  mirror("two", { mirrors: [{ destination: V2_HOST }, { destination: { host: "alone.default.svc.cluster.local" } }] }),
  mirror("two, one of them for nobody", {
    mirrors: [
      { destination: V2_HOST, percentage: { value: 100 } },
      { destination: { host: "alone.default.svc.cluster.local" }, percentage: { value: 0 } },
    ],
  }),
  mirror("to nobody", { mirror: { host: "empty.default.svc.cluster.local" } }),
  mirror("to an unknown host", { mirror: { host: "nobody.default.svc.cluster.local" } }),
  mirror("to a subset that no rule defines", { mirror: { host: "echo.default.svc.cluster.local", subset: "v9" } }),
  mirror("to a port", { mirror: { host: "multi.default.svc.cluster.local", port: { number: 8000 } } }),
  mirror("after a rewrite and header operations", { mirror: V2_HOST }, [sent({ path: "/a/b" })], {
    rewrite: { uri: "/new", authority: "new.example" },
    headers: { request: { set: { "x-a": "1" } }, response: { set: { "x-r": "1" } } },
  }),
  mirror("not of a retry", { mirror: V2_HOST }, [sent({ upstream: [{ status: 200 }] })], {
    retries: { attempts: 2, retryOn: "5xx" },
  }),
  mirror("not of an aborted request", { mirror: V2_HOST }, [sent()], { fault: { abort: { httpStatus: 503, ...all } } }),
  one("mirrors", "where the route has no endpoint", [{ mirror: V2_HOST, route: [to("empty")] }], [sent()]),
];

export const FAULT_CASES: readonly DifferentialCase[] = [...FAULTS, ...MIRRORS];
