// Connections that become something else: WebSockets, other upgrades, CONNECT. After the switch the upstream sends every byte back.

import type { CaseRequest, DifferentialCase, HeaderPairs, UpstreamAnswer } from "../case.ts";
import { one, to, V1 } from "./shapes.ts";

const HANDSHAKE: HeaderPairs = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];
const ACCEPTED: UpstreamAnswer = {
  status: 101,
  headers: [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
  ],
};
/** Frames as a client masks them: a text, a close with 1000. */
const TEXT = "\x81\x85\x01\x02\x03\x04igohn";
const CLOSE = "\x88\x82\x01\x02\x03\x04\x02\xea";

/** An upgrade that is taken, some words both ways, and the client's end. */
const socket = (extra: Partial<CaseRequest> = {}, answer: Partial<UpstreamAnswer> = {}): CaseRequest => ({
  headers: HANDSHAKE,
  talk: { say: [TEXT, TEXT, CLOSE], endedBy: "client" },
  upstream: [{ ...ACCEPTED, ...answer }],
  ...extra,
});
/** The upgrade is not taken: an answer like any other. */
const refused = (...upstream: NonNullable<CaseRequest["upstream"]>): CaseRequest => ({ headers: HANDSHAKE, upstream });
const asking = (upgrade: string, connection = "Upgrade"): HeaderPairs => [
  ["Connection", connection],
  ["Upgrade", upgrade],
];

const webSocket = (
  name: string,
  requests: readonly CaseRequest[],
  more: Record<string, unknown> = {},
): DifferentialCase => one("WebSocket", name, [{ ...more, route: V1 }], requests);

export const UPGRADE_CASES: readonly DifferentialCase[] = [
  webSocket("frames both ways", [socket(), socket({ talk: { say: [], endedBy: "client" } })]),
  webSocket("the upstream ends it", [
    socket({ talk: { say: [TEXT, CLOSE], endedBy: "upstream" } }, { closesAfterBytes: TEXT.length + CLOSE.length }),
  ]),
  webSocket("the upstream speaks first", [socket({}, { body: "\x81\x05hello" })]),
  webSocket("much to say", [socket({ talk: { say: ["x".repeat(100_000), "y".repeat(300_000)], endedBy: "client" } })]),
  webSocket("names and values in other case", [
    socket({ headers: [["connection", "keep-alive, upgrade"], ["upgrade", "WebSocket"], ...HANDSHAKE.slice(2)] }),
    socket({ headers: [["CONNECTION", "UPGRADE"], ["UPGRADE", "WEBSOCKET"], ...HANDSHAKE.slice(2)] }),
  ]),
  webSocket("with protocols and extensions", [
    socket(
      {
        headers: [
          ...HANDSHAKE,
          ["Sec-WebSocket-Protocol", "chat, superchat"],
          ["Sec-WebSocket-Extensions", "permessage-deflate"],
          ["Origin", "http://case.test"],
        ],
      },
      { headers: [...ACCEPTED.headers!, ["Sec-WebSocket-Protocol", "chat"], ["Set-Cookie", "a=1"]] },
    ),
  ]),
  webSocket("refused by the upstream", [
    refused({ status: 200 }),
    refused({ status: 400, body: "no" }),
    refused({ status: 403 }),
    refused({ status: 426, headers: [["upgrade", "h2c"]] }),
    refused({ status: 503 }),
    refused({
      status: 302,
      headers: [
        ["location", "/there"],
        ["set-cookie", "a=1"],
        ["cache-control", "no-store"],
        ["x-resp", "1"],
        ["etag", "x"],
        ["content-language", "en"],
      ],
    }),
    refused({ status: 204 }),
    refused({ status: 200, pieces: ["a", "b"] }),
  ]),
  webSocket("an upstream that fails", [refused("reset"), refused("garbage")]),
  webSocket(
    "with a time limit that passes meanwhile",
    [
      socket({ talk: { say: [TEXT], endedBy: "upstream" }, takesMs: [0, 3_000] }, { closesAfterBytes: TEXT.length }),
      socket({}, { delayMs: 400 }),
    ],
    { timeout: "0.2s" },
  ),
  webSocket("with a limit for one try", [socket({}, { delayMs: 400 })], {
    retries: { attempts: 1, perTryTimeout: "0.2s", retryOn: "5xx" },
  }),
  webSocket(
    "with retries",
    [
      { ...socket(), upstream: [{ status: 503 }, ACCEPTED] },
      { ...socket(), upstream: ["reset", ACCEPTED] },
      refused({ status: 503 }),
    ],
    { retries: { attempts: 2, retryOn: "5xx", backoff: "2ms" } },
  ),
  webSocket("with header operations", [socket({ headers: [...HANDSHAKE, ["x-a", "1"]] }), refused({ status: 403 })], {
    headers: {
      request: { set: { "x-set": "1" }, add: { "x-a": "2" }, remove: ["sec-websocket-version"] },
      response: { set: { "x-r": "1" }, remove: ["sec-websocket-accept"] },
    },
  }),
  webSocket("with a rewrite", [socket({ path: "/a/b?q=1" })], { rewrite: { uri: "/new", authority: "new.example" } }),
  webSocket("with a mirror", [socket({ mirrored: true })], {
    mirror: { host: "echo.default.svc.cluster.local", subset: "v2" },
  }),
  webSocket("with CORS", [socket({ headers: [...HANDSHAKE, ["origin", "http://a.example"]] })], {
    corsPolicy: { allowOrigins: [{ exact: "http://a.example" }] },
  }),
  webSocket("with a delay", [socket({ takesMs: [190, 3_000] })], {
    fault: { delay: { fixedDelay: "0.2s", percentage: { value: 100 } } },
  }),
  webSocket("with an abort", [refused({ status: 200 })], {
    fault: { abort: { httpStatus: 418, percentage: { value: 100 } } },
  }),
  one(
    "WebSocket",
    "with weights",
    [{ route: [to("echo", "v1", { weight: 50 }), to("echo", "v2", { weight: 50 })] }],
    [socket({ times: 200, concurrent: true, talk: { say: ["a"], endedBy: "client" } })],
  ),
  one("WebSocket", "where nobody is", [{ route: [to("empty")] }], [refused({ status: 200 })]),
  one("WebSocket", "where connections are refused", [{ route: [to("dead")] }], [refused({ status: 200 })]),
  one("WebSocket", "to a subset that no rule defines", [{ route: [to("echo", "v9")] }], [refused({ status: 200 })]),
  one("WebSocket", "on no route", [{ match: [{ uri: { exact: "/no" } }], route: V1 }], [refused({ status: 200 })]),
  one("WebSocket", "redirected", [{ redirect: { uri: "/new" } }], [refused({ status: 200 })]),
  one(
    "WebSocket",
    "answered directly",
    [{ directResponse: { status: 200, body: { string: "x" } } }],
    [refused({ status: 200 })],
  ),
  one(
    "WebSocket",
    "by its header",
    [{ match: [{ headers: { upgrade: { exact: "websocket" } } }], route: V1 }, { route: [to("echo", "v2")] }],
    [socket(), {}],
  ),
  webSocket("by another method", [socket({ method: "POST", headers: [...HANDSHAKE, ["content-length", "0"]] })]),
  one(
    "upgrades",
    "to something else",
    [{ route: V1 }],
    [
      { headers: asking("foo") },
      { headers: asking("h2c", "Upgrade, HTTP2-Settings").concat([["HTTP2-Settings", "AAMAAABkAAQAAP__"]]) },
      { headers: asking("websocket, foo") },
      { headers: asking("TLS/1.0") },
      { method: "POST", body: "x", headers: asking("foo") },
    ],
  ),
  one(
    "upgrades",
    "half asked for",
    [{ route: V1 }],
    [
      { headers: [["upgrade", "websocket"]] },
      { headers: [["connection", "upgrade"]] },
      { headers: asking("websocket", "close") },
    ],
  ),
];
