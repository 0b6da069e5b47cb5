// Bodies: large, in pieces, slow, broken off, with trailers; what is said before the answer; what a client expects first.

import type { CaseRequest, DifferentialCase, UpstreamAnswer } from "../case.ts";
import { one, V1 } from "./shapes.ts";

const passed = (
  feature: string,
  name: string,
  requests: readonly CaseRequest[],
  more: Record<string, unknown> = {},
): DifferentialCase => one(feature, name, [{ ...more, route: V1 }], requests);
/** No two places of it look alike. */
const text = (bytes: number) =>
  Array.from({ length: Math.ceil(bytes / 8) }, (_, i) => String(i).padStart(8, "x"))
    .join("")
    .slice(0, bytes);
const answered = (answer: Partial<UpstreamAnswer>, sent: CaseRequest = {}): CaseRequest => ({
  ...sent,
  upstream: [{ status: 200, ...answer }],
});
const posted = (sent: CaseRequest): CaseRequest => ({ method: "POST", ...sent });
const EARLY = ["103", "102"].map(Number);

export const BODY_CASES: readonly DifferentialCase[] = [
  passed("bodies", "100 kB and 1 MB, to the upstream", [
    posted({ body: text(100_000) }),
    posted({ body: text(1_000_000) }),
    posted({ pieces: [text(600_000), text(400_000)] }),
  ]),
  passed("bodies", "100 kB and 1 MB, to the client", [
    answered({ body: text(100_000) }),
    answered({ body: text(1_000_000) }),
    answered({ pieces: [text(600_000), text(400_000)] }),
  ]),
  passed("bodies", "both ways", [answered({ body: text(300_000) }, posted({ body: text(300_000) }))]),
  passed(
    "bodies",
    "large ones and retries",
    [
      posted({ body: text(100_000), upstream: [{ status: 503 }, { status: 200 }] }),
      posted({ pieces: [text(50_000), text(50_000)], upstream: ["reset", { status: 200 }] }),
    ],
    { retries: { attempts: 2, retryOn: "5xx", backoff: "2ms" } },
  ),
  passed("bodies", "empty ones", [
    posted({ body: "" }),
    posted({ pieces: [""] }),
    answered({ body: "" }),
    answered({ pieces: [""] }),
    answered({ status: 204 }),
    answered({ status: 304 }),
    answered({ status: 205, body: "" }),
  ]),
  passed("bodies", "of methods that seldom have one", [
    { method: "GET", body: "x" },
    { method: "DELETE", body: "x" },
    { method: "OPTIONS", body: "x" },
    { method: "HEAD", upstream: [{ status: 200, headers: [["content-length", "1000"]] }] },
    { method: "HEAD", upstream: [{ status: 200, pieces: ["a"] }] },
  ]),
  passed("streaming", "an answer in pieces comes as it is sent", [
    answered({ pieces: ["first", "second"], gapMs: 600 }, { startsMs: [0, 450], takesMs: [550, 3_000] }),
    answered(
      { pieces: ["data: 1\n\n", "data: 2\n\n"], gapMs: 600, headers: [["content-type", "text/event-stream"]] },
      { startsMs: [0, 450] },
    ),
  ]),
  passed("streaming", "a request in pieces", [posted({ pieces: ["one", "two", "three"], gapMs: 50 })]),
  passed("streaming", "an answer longer than the time limit", [answered({ pieces: ["first", "second"], gapMs: 500 })], {
    timeout: "0.25s",
  }),
  passed("streaming", "an answer that breaks off", [
    answered({ pieces: ["first"], breaksOff: true }),
    answered({ body: "first", headers: [["content-length", "100"]], breaksOff: true }),
    answered({ pieces: [text(200_000)], breaksOff: true }),
  ]),
  passed(
    "streaming",
    "an answer that breaks off is not tried again",
    [answered({ pieces: ["first"], breaksOff: true })],
    {
      retries: { attempts: 2, retryOn: "5xx,reset" },
    },
  ),
  passed("streaming", "a request longer than the time limit", [posted({ pieces: ["one", "two"], gapMs: 500 })], {
    timeout: "0.25s",
  }),
  passed("trailers", "of answers", [
    answered({ pieces: ["a"], trailers: [["x-t", "1"]] }),
    answered(
      {
        pieces: ["a"],
        trailers: [
          ["X-T", "1"],
          ["x-t", "2"],
        ],
      },
      { headers: [["te", "trailers"]] },
    ),
  ]),
  passed("trailers", "of requests", [
    posted({ pieces: ["a"], trailers: [["x-t", "1"]] }),
    posted({ pieces: ["a"], trailers: [["x-t", "1"]], headers: [["te", "trailers"]] }),
  ]),
  passed(
    "1xx",
    "before the answer",
    EARLY.map((status) => answered({ informs: [[status, [["link", "</a.css>; rel=preload"]]]] })),
  ),
  passed("1xx", "100 that nobody asked for", [answered({ informs: [[100, []]] })]),
  passed("1xx", "several", [
    answered({
      informs: [
        [103, [["link", "</a>"]]],
        [103, [["link", "</b>"]]],
      ],
    }),
  ]),
  passed("expect", "100-continue", [
    posted({ body: "payload", headers: [["expect", "100-continue"]] }),
    posted({ pieces: ["pay", "load"], headers: [["Expect", "100-Continue"]] }),
    { headers: [["expect", "100-continue"]] },
  ]),
  passed("expect", "100-continue, refused", [
    posted({ body: "payload", headers: [["expect", "100-continue"]], upstream: [{ status: 413 }] }),
    posted({ body: "payload", headers: [["expect", "100-continue"]], upstream: [{ status: 417 }] }),
  ]),
  passed("expect", "something else", [
    posted({ body: "payload", headers: [["expect", "x"]] }),
    { headers: [["expect", "x"]] },
    { headers: [["expect", ""]] },
  ]),
  one(
    "expect",
    "100-continue where nobody is",
    [{ match: [{ uri: { exact: "/no" } }], route: V1 }],
    [posted({ body: "payload", headers: [["expect", "100-continue"]] })],
  ),
];
